import Logging
import RedCapsCore
import RedCapsTar
import TestSupport
import Testing

@Suite("What is looked at when a data set is opened")
struct OpeningCheckTests {
    /// A data set in a folder: a list, and annotations by number; images aren't decoded here.
    private struct Setting {
        let folder: TemporaryFolder

        /// - Parameter annotations: Of each sample; `nil` for one that has no files.
        init(_ annotations: [String?], prefix: String = "") throws {
            folder = try TemporaryFolder()
            try folder.write("raw/readme.txt", "")
            try folder.write("elsewhere/readme.txt", "")
            for (number, annotation) in annotations.enumerated() {
                guard let annotation else { continue }
                try folder.write("raw/\(prefix)\(number).jpg", "an image")
                try folder.write("raw/\(prefix)\(number).json", annotation)
            }
            try list(
                annotations.indices.map {
                    #"{"image": "\#(prefix)\#($0).jpg", "annotation": "\#(prefix)\#($0).json"}"#
                })
        }

        func list(_ entries: [String]) throws {
            try folder.write("list.json", "[\(entries.joined(separator: ",\n"))]")
        }

        func open(
            _ missing: MissingPolicy = .failSample, excluding: [Int] = [],
            logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            _ change: (inout CaptionDatasetConfiguration) -> Void = { _ in }
        ) throws -> CaptionDataset {
            var configuration = try Samples.configuration(imageSize: 24)
            change(&configuration)
            return try CaptionDataset(
                configuration, root: folder.path, missing: missing,
                excluding: SkipList(excluding.map { ($0, "\($0).jpg") }), logger: logger)
        }

        func refusal(
            _ missing: MissingPolicy = .failSample, excluding: [Int] = [],
            _ change: (inout CaptionDatasetConfiguration) -> Void = { _ in }
        ) -> ConfigurationError? {
            do {
                _ = try open(missing, excluding: excluding, change)
                return nil
            } catch {
                return error as? ConfigurationError
            }
        }
    }

    private static let good = #"{"re_caption": "x"}"#
    private static let other = #"{"caption": "x", "url": "y"}"#
    private static let damaged = "{"

    @Test(
        "A key that is in no annotation is told with those that there are", arguments: [1, 3, 30])
    func key(count: Int) throws {
        let error = try Setting(Array(repeating: Self.other, count: count)).refusal()
        #expect(error?.keyPath == "cap_source")
        #expect(error?.value == "\"re_caption\"")
        let words = "no annotation of the \(min(count, 8)) that were looked at has this key"
        #expect(error?.reason.contains(words) == true, "\(String(describing: error))")
        #expect(error?.reason.contains("it has \"caption\", \"url\"") == true)
    }

    @Test("One annotation that has it is enough, and damaged ones say nothing")
    func some() throws {
        let (good, other, damaged) = (Self.good, Self.other, Self.damaged)
        for annotations in [
            [other, other, good], [damaged, damaged, other], [damaged],
            [other, other, other, other, damaged, damaged, damaged, damaged],
        ] {
            #expect(try Setting(annotations).open().count == annotations.count)
        }
        let most = [other, other, other, other, other, damaged, damaged, damaged]
        #expect(try Setting(most).refusal()?.keyPath == "cap_source")
    }

    @Test("Only samples that have their files, and aren't left out, are looked at")
    func looked() throws {
        var annotations = [String?](repeating: nil, count: 40)
        annotations[35] = Self.good
        #expect(try Setting(annotations).open().count == 40)
        annotations[35] = Self.other
        for policy in [MissingPolicy.failSample, .dropAtOpen] {
            let error = try Setting(annotations).refusal(policy)
            #expect(error?.reason.contains("no annotation of the 1 that") == true)
        }
        let bad = try Setting([Self.other, Self.other, Self.good])
        #expect(try bad.open(excluding: [0, 1]).count == 1)
        #expect(bad.refusal(excluding: [2])?.keyPath == "cap_source")
    }

    @Test(
        "Where every sample is missing, that is said, whatever becomes of missing ones",
        arguments: [MissingPolicy.failSample, .dropAtOpen])
    func allMissing(policy: MissingPolicy) throws {
        for count in [1, 3, 20] {
            let set = try Setting(Array(repeating: nil, count: count))
            let error = set.refusal(policy)
            #expect(error?.keyPath == "image_folder, cap_folder")
            #expect(error?.value == "\"raw\", \"raw\"")
            let which = count > 8 ? "8 samples that were looked at" : "\(count) samples"
            #expect(
                error?.reason.hasPrefix(
                    "none of the \(which) has its files there, 0.jpg for one: ") == true)
            // No tars and nothing else.
            try set.folder.remove("raw/readme.txt")
            #expect(set.refusal(policy)?.keyPath == "image_folder, cap_folder")
        }
    }

    @Test("Of two folders the wrong one is named")
    func folders() throws {
        let set = try Setting([Self.good, Self.good])
        #expect(set.refusal { $0.captionFolder = "elsewhere" }?.keyPath == "cap_folder")
        #expect(set.refusal { $0.imageFolder = "elsewhere" }?.keyPath == "image_folder")
        #expect(try set.open().count == 2)
    }

    @Test("A list whose entries have no image is told as that")
    func entries() throws {
        let set = try Setting([Self.good])
        try set.list([#"{"jpg": "0.jpg", "annotation": "0.json"}"#])
        let error = set.refusal()
        #expect(error?.keyPath == "data_path")
        #expect(error?.reason.contains("the first entry of the list has no image path") == true)
    }

    @Test("Files that have gone since the folders were listed are told")
    func gone() throws {
        let set = try Setting([Self.good, Self.good, Self.good], prefix: "part/")
        #expect(try set.open().count == 3)
        for number in 0..<3 { try set.folder.remove("raw/part/\(number).json") }
        let error = set.refusal()
        #expect(error?.keyPath == "cap_folder", "\(String(describing: error))")
    }

    @Test("Damaged shards are left to the failure policy: nobody knows what they held")
    func damagedShards() throws {
        let set = try Setting([nil, nil, nil])
        try set.folder.write("raw/00000.tar", "nonsense")
        #expect(try set.open().count == 3)
        let dropped = set.refusal(.dropAtOpen)
        #expect(dropped?.reason == "all 3 samples are left out")
        // Of many only some are told.
        for number in 1..<9 { try set.folder.write("raw/0000\(number).tar", "nonsense") }
        let book = LogBook()
        _ = try set.open(logger: book.logger)
        #expect(book.lines.count { $0.contains(".tar: ") || $0.contains(".tar at ") } == 5)
        #expect(book.lines.contains { $0.hasPrefix("4 more like these") })
    }

    @Test("Stores of one's own are believed: of fewer than eight samples all may be missing")
    func stores() throws {
        let store = try MemoryStore([:])
        func open(_ count: Int) throws -> CaptionDataset {
            try CaptionDataset(
                Samples.configuration(imageSize: 24),
                manifest: Manifest((0..<count).map { ("\($0).jpg", "\($0).json") }), images: store,
                annotations: store)
        }
        #expect(try open(7).count == 7)
        let error = #expect(throws: ConfigurationError.self) { try open(8) }
        #expect(error?.keyPath == "data_path")
        #expect(error?.reason.contains("in the store of its image") == true)
    }
}
