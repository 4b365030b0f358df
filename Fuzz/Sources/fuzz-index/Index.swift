import FuzzSupport
import Logging
import RedCapsCore
import RedCapsLoading
import RedCapsTar

/// The input says which file of a sound index to change, and how; blocks that change get the
/// checksums that they ask for, so that what is behind the checksums is reached.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard count > 0, let first = start?.pointee else { return 0 }
    let changes = Changes(Array(UnsafeBufferPointer(start: start, count: count))[1...])
    set.restore(changing: Int(first) % set.files.count, changes)
    if first & 0x80 != 0 { set.load() } else { set.open() }
    return 0
}

/// Writes the first inputs. libFuzzer calls it once, before all else.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
    _ count: UnsafeMutablePointer<CInt>?,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>?
) -> CInt {
    LoggingSystem.bootstrap { _ in SwiftLogNoOpLogHandler() }
    // Each file as it is, cut, and with numbers in some of its places.
    var seeds: [[UInt8]] = []
    for file in UInt8(0)..<3 {
        seeds += [[file], [file | 0x80], [file, 2, 0, 16], [file, 2, 1, 0]]
        for place in UInt8(0)..<20 {
            seeds.append([file, 0, place * 12, 0, 1])
            seeds.append([file | 0x80, 0, place * 12, 0, 1])
            seeds.append([file, 28, place * 12, 0] + [UInt8](repeating: 0xFF, count: 8))
        }
    }
    plant(seeds)
    check(!SampleSet.isBuilt(set), "the sound index isn't opened")
    return 0
}

private let set = SampleSet()

/// What to do to a file: each change has a byte for its kind, two for its place, and its bytes.
private struct Changes {
    private var input: ArraySlice<UInt8>

    init(_ input: ArraySlice<UInt8>) { self.input = input }

    mutating func apply(to file: inout [UInt8], at places: [Int]) {
        while input.count >= 4 {
            let kind = input.removeFirst()
            let number = Int(input.removeFirst()) | Int(input.removeFirst()) << 8
            if kind & 3 == 2 {
                file.removeSubrange((number % (file.count + 1))...)
                continue
            }
            let place = places[number % places.count]
            let bytes = input.prefix(Int(kind >> 2 & 7) + 1)
            input = input.dropFirst(bytes.count)
            for (offset, byte) in bytes.enumerated() where place + offset < file.count {
                file[place + offset] = byte
            }
            if kind & 3 != 1 { IndexBlocks.seal(place / IndexBlocks.size, of: &file) }
        }
    }
}

/// A small data set, and its index as it should be.
private struct SampleSet: Sendable {
    let files: [(name: String, bytes: [UInt8], places: [Int])]
    private let scratch = Scratch()
    private let configuration: CaptionDatasetConfiguration?

    private static let list = #"""
        [{"image": "0/a.jpg", "annotation": "0/a.json"}, {"image": "x.jpg", "annotation": "x.json"},
        {"image": "data_1/x.jpg", "annotation": "./data_1//x.json"}, {"image": 5}, null,
        {"image": "0/l.jpg", "annotation": "0/none.json"}, {"image": "0", "annotation": "../x"},
        {"image": "tree/a.jpg", "annotation": "tree/none.json"}]
        """#

    init() {
        scratch.makeFolder("raw")
        scratch.makeFolder("raw/tree")
        scratch.write("list.json", Array(Self.list.utf8))
        scratch.write("raw/tree/a.jpg", Array("photo".utf8))
        do throws(StoreError) {
            var tar = try TarWriter.create(scratch["raw/0.tar"])
            try tar.addDirectory("0")
            for name in ["a.jpg", "a.json", "b.jpg", "a.json"] {
                try tar.add("0/\(name)", Array(#"{"caption": "text of \#(name)"}"#.utf8))
            }
            try tar.addSymbolicLink("0/l.jpg", to: "a.jpg")
            try tar.close()
            for shard in ["data_1", "data_2"] {
                tar = try TarWriter.create(scratch["raw/\(shard).tar"])
                try tar.add("x.jpg", Array("photo".utf8))
                try tar.add("x.json", Array(#"{"caption": "\#(shard)"}"#.utf8))
                try tar.close()
            }
        } catch { check(false, "\(error)") }
        configuration = try? CaptionDatasetConfiguration(
            dataPath: "list.json", imageFolder: "raw", captionFolder: "raw", imageSize: 8,
            promptTemplate: PromptTemplate(
                JSONValue(
                    parsing: Array(
                        #"""
                        {"GENERATION": "{input}", "CFG": "", "INSTRUCTION": "{input}",
                         "IMG_START_TOKEN": ""}
                        """#.utf8)),
                at: ""),
            tokenizer: .bytes)
        check(configuration != nil, "no configuration")
        let scratch = scratch
        let opened = Result { try Self.open(scratch) }
        guard case .success = opened else {
            check(false, "\(opened)")
            files = []
            return
        }
        files = scratch.names(in: "raw/.redcaps").filter { $0.hasSuffix(".index") }.map { name in
            let bytes = scratch.read(scratch["raw/.redcaps/\(name)"])
            return ("raw/.redcaps/\(name)", bytes, IndexBlocks.usedPlaces(of: bytes))
        }
        check(files.count == 3, "\(files.count) files of an index")
    }

    private static func open(_ scratch: Scratch) throws -> SampleIndex {
        try SampleIndex(
            list: scratch["list.json"], images: scratch["raw"], annotations: scratch["raw"])
    }

    static func isBuilt(_ set: SampleSet) -> Bool {
        (try? open(set.scratch))?.isBuilt ?? true
    }

    /// Writes the sound index, but for one file.
    func restore(changing changed: Int, _ changes: Changes) {
        for (number, file) in files.enumerated() {
            var bytes = file.bytes
            var changes = changes
            if number == changed { changes.apply(to: &bytes, at: file.places) }
            scratch.write(file.name, bytes)
        }
    }

    /// Opens the index, and asks it whatever there is to ask.
    func open() {
        guard let samples = try? Self.open(scratch) else { return }
        _ = samples.missingByShard.reduce(0) { $0 &+ $1.count }
        for index in 0..<min(samples.count, 100) { _ = try? samples.paths(index) }
        for index in (try? samples.missingSamples()) ?? [] { _ = try? samples.paths(index) }
        if let index = samples.images.index {
            check(index.memberCount >= 0 && index.duplicateCount >= 0, "negative")
            var buffer = ReadBuffer()
            var count = 0
            try? index.forEachServed { entry in
                count += 1
                guard count < 100 else { return }
                _ = try? index.find(entry.path)
                let path = entry.path.description
                guard let location = try? samples.images.locate(path) else { return }
                try? samples.images.read(location, into: &buffer)
            }
        }
        _ = try? samples.check()
    }

    /// Opens a data set by the index, and loads all samples.
    func load() {
        guard let configuration,
            let dataset = try? CaptionDataset(
                configuration, root: scratch.path, missing: .dropAtOpen)
        else { return }
        for index in 0..<min(dataset.count, 20) {
            _ = try? dataset.paths(of: index)
            _ = try? dataset.sample(at: index)
        }
    }
}
