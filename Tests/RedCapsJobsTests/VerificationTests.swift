import RedCapsBase
import RedCapsImage
import RedCapsJobs
import RedCapsTar
import Foundation
import RedCapsCore
import TestSupport
import Testing

@Suite("Verification")
struct VerificationTests {
    private struct Entry {
        let image: String
        let imageBytes: [UInt8]?
        let annotation: String?
    }

    /// A data set in one shard, and its list.
    private func write(_ entries: [Entry], extra: [String: String] = [:]) throws -> TemporaryFolder
    {
        let folder = try TemporaryFolder()
        try folder.write("raw/.keep", "")
        let writer = try TarWriter.create(folder["raw/0.tar"])
        var list: [[String: String]] = []
        for entry in entries {
            let annotation = entry.image.replacing(".jpg", with: ".json")
            if let bytes = entry.imageBytes { try writer.add(entry.image, bytes) }
            if let text = entry.annotation { try writer.add(annotation, Array(text.utf8)) }
            list.append(["image": entry.image, "annotation": annotation])
        }
        for (name, text) in extra.sorted(by: { $0.key < $1.key }) {
            try writer.add(name, Array(text.utf8))
        }
        try writer.close()
        try folder.write("data.json", try JSONSerialization.data(withJSONObject: list))
        return folder
    }

    private func good() throws -> [UInt8] { try Fixture.bytes("jpegs/wide_420.jpg") }

    private func verify(
        _ folder: TemporaryFolder, isDeep: Bool = true, minimum: Int = 16
    ) throws -> (findings: [Finding], summary: Verification.Report) {
        var findings: [Finding] = []
        let verification = try Verification(
            folder["raw"], manifest: folder["data.json"], isDeep: isDeep,
            rules: Verification.Rules(minimumImageSize: minimum), jobs: 2)
        let summary = try verification.run(found: { findings.append($0) })
        #expect(findings.count == summary.counts.values.reduce(0, +))
        return (findings, summary)
    }

    @Test("A caption's key is looked for in its very bytes, and so are the list's paths")
    func spellings() throws {
        let folder = try write([
            Entry(image: "0/a.jpg", imageBytes: try good(), annotation: "{\"e\u{301}\": \"x\"}")
        ])
        for (key, kinds) in [("e\u{301}", [Finding.Kind]()), ("\u{E9}", [.badAnnotation])] {
            var findings: [Finding] = []
            _ = try Verification(
                folder["raw"], manifest: folder["data.json"], isDeep: true,
                rules: Verification.Rules(captionKey: key, minimumImageSize: 16), jobs: 1
            ).run(found: { findings.append($0) })
            #expect(findings.map(\.kind) == kinds)
        }
        let accented = try write([
            Entry(image: "0/\u{E9}.jpg", imageBytes: try good(), annotation: #"{"caption": "x"}"#)
        ])
        var configuration = try Samples.configuration(imageSize: 24)
        configuration.dataPath = "data.json"
        configuration.minimumImageSize = 16
        #expect(throws: SkipListError.self) {
            try CaptionDataset(
                configuration, root: accented.path, excluding: SkipList([(0, "0/e\u{301}.jpg")]))
        }
    }

    @Test("Hidden members are nobody's")
    func hidden() throws {
        let folder = try write(
            [Entry(image: "0/a.jpg", imageBytes: try good(), annotation: #"{"caption": "x"}"#)],
            extra: ["0/._a.jpg": "Mac OS X", ".cache/b": "", "0/c": ""])
        #expect(try verify(folder).findings.map(\.member) == ["0/c"])
    }

    @Test("Nothing is found in a sound data set")
    func sound() throws {
        let folder = try write(
            (0..<40).map {
                Entry(
                    image: "0/\($0).jpg", imageBytes: try good() + Array("\($0)".utf8),
                    annotation: #"{"re_caption": "number \#($0)"}"#)
            })
        let (findings, summary) = try verify(folder)
        #expect(findings.isEmpty)
        #expect(summary.isClean)
        #expect(summary.shards == 1)
        #expect(summary.members == 80)
        #expect(summary.samples == 40)
    }

    @Test("Files that are missing, and files that nobody asks for, are found without decoding")
    func references() throws {
        let folder = try write(
            [
                Entry(image: "0/a.jpg", imageBytes: try good(), annotation: "{}"),
                Entry(image: "0/b.jpg", imageBytes: nil, annotation: "{}"),
                Entry(image: "0/c.jpg", imageBytes: try good(), annotation: nil),
            ], extra: ["0/readme.txt": "hello"])
        let (findings, summary) = try verify(folder, isDeep: false)
        #expect(
            findings.map { "\($0.kind) \($0.sample ?? -1) \($0.member ?? "")" } == [
                "missingImage 1 0/b.jpg", "missingAnnotation 2 0/c.json", "orphan -1 0/readme.txt",
            ])
        #expect(summary.badSamples == [1, 2])
        #expect(findings.last?.byteOffset != nil)
    }

    @Test("Images and annotations that the data set wouldn't take are found")
    func contents() throws {
        let image = try good()
        let folder = try write([
            Entry(image: "a.jpg", imageBytes: image, annotation: #"{"re_caption": "fine"}"#),
            Entry(
                image: "b.jpg", imageBytes: Array(image.prefix(image.count / 2)),
                annotation: #"{"re_caption": "short"}"#),
            Entry(image: "c.jpg", imageBytes: [1, 2, 3], annotation: #"{"re_caption": "no"}"#),
            Entry(
                image: "d.jpg", imageBytes: try Fixture.bytes("jpegs/gray.jpg"),
                annotation: #"{"caption": "another key"}"#),
            Entry(
                image: "e.jpg", imageBytes: try Fixture.bytes("jpegs/square.jpg"),
                annotation: #"{"re_caption": 3}"#),
            Entry(
                image: "f.jpg", imageBytes: try Fixture.bytes("jpegs/tall_422.jpg"),
                annotation: "nonsense"),
        ])
        let (findings, summary) = try verify(folder)
        #expect(
            findings.map { "\($0.kind) \($0.sample ?? -1)" } == [
                "badImage 1", "badImage 2", "badAnnotation 3", "badAnnotation 4",
                "badAnnotation 5",
            ])
        #expect(summary.badSamples == [1, 2, 3, 4, 5])
        #expect(try verify(folder, minimum: 100_000).summary.counts[.refusedImage] == 5)
    }

    @Test("The same bytes under several captions are found, under one caption they aren't")
    func twins() throws {
        let image = try good()
        let folder = try write([
            Entry(image: "a.jpg", imageBytes: image, annotation: #"{"caption": "a lake"}"#),
            Entry(
                image: "b.jpg", imageBytes: image + [0], annotation: #"{"caption": "a hill"}"#),
            Entry(image: "c.jpg", imageBytes: image, annotation: #"{"caption": "a house"}"#),
            Entry(
                image: "d.jpg", imageBytes: image + [0], annotation: #"{"caption": "a hill"}"#),
        ])
        let (findings, summary) = try verify(folder)
        #expect(
            findings.map { "\($0.kind) \($0.member ?? "")" } == [
                "sameImage a.jpg", "sameImage c.jpg",
            ])
        #expect(summary.badSamples == [0, 2])
    }

    @Test("Sizes and ids that contradict the image are found; those of a larger original don't")
    func contradictions() throws {
        let image = try good()
        let header = try ImageDecoder().header(of: image.span)
        let (width, height) = (header.width, header.height)
        func annotation(_ width: Int, _ height: Int, _ id: String) -> String {
            #"{"caption": "x\#(id)", "width": \#(width), "height": \#(height), "image_id": "\#(id)"}"#
        }
        let folder = try write([
            Entry(image: "a.jpg", imageBytes: image, annotation: annotation(width, height, "a")),
            Entry(
                image: "b.jpg", imageBytes: image + [1],
                annotation: annotation(2 * width, 2 * height, "b")),
            Entry(
                image: "c.jpg", imageBytes: image + [2], annotation: annotation(height, width, "c")),
            Entry(
                image: "d.jpg", imageBytes: image + [3],
                annotation: annotation(width + 1, height, "d")),
            Entry(
                image: "e.jpg", imageBytes: image + [4], annotation: annotation(width, height, "a")),
        ])
        let (findings, summary) = try verify(folder)
        #expect(findings.allSatisfy { $0.kind == .contradiction })
        #expect(summary.badSamples == [2, 3, 4])
    }

    @Test("Ids that are never the image's name mean something else")
    func otherIDs() throws {
        let folder = try write(
            (0..<3).map {
                Entry(
                    image: "\($0).jpg", imageBytes: try good() + [UInt8($0)],
                    annotation: #"{"caption": "\#($0)", "id": "t3_\#($0)xyz"}"#)
            })
        #expect(try verify(folder).summary.isClean)
    }

    @Test("What is found is left out by an exclusion list")
    func exclusion() throws {
        let image = try good()
        let folder = try write([
            Entry(image: "a.jpg", imageBytes: [1], annotation: #"{"re_caption": "a"}"#),
            Entry(image: "b.jpg", imageBytes: image, annotation: #"{"re_caption": "b"}"#),
            Entry(image: "c.jpg", imageBytes: nil, annotation: #"{"re_caption": "c"}"#),
            Entry(image: "d.jpg", imageBytes: image + [0], annotation: #"{"re_caption": "d"}"#),
        ])
        let bad = try verify(folder).summary.badSamples
        #expect(bad == [0, 2])
        var configuration = try Samples.configuration(imageSize: 24)
        configuration.dataPath = "data.json"
        configuration.minimumImageSize = 16
        let exclusions = SkipList([(0, "a.jpg"), (2, "c.jpg")])
        let dataset = try CaptionDataset(
            configuration, root: folder.path, excluding: exclusions)
        #expect(dataset.count == 2)
        #expect(try dataset.paths(of: 0).image == "b.jpg")
        #expect(try dataset.sample(at: 1).sample.imageFile == "d.jpg")
        let whole = try CaptionDataset(configuration, root: folder.path)
        #expect(whole.fingerprint != dataset.fingerprint)
        let partial = try CaptionDataset(
            configuration, root: folder.path, missing: .dropAtOpen)
        #expect(partial.count == 3)
        #expect(try (0..<3).map { try partial.paths(of: $0).image } == ["a.jpg", "b.jpg", "d.jpg"])
        let error = #expect(throws: SkipListError.self) {
            try CaptionDataset(
                configuration, root: folder.path, excluding: SkipList([(1, "a.jpg")]))
        }
        #expect(error?.reason.contains("made for another list") == true)
    }

    @Test("A stream tells progress, findings and the report, and can be left")
    func stream() async throws {
        let folder = try write(
            (0..<100).map {
                Entry(
                    image: "\($0).jpg", imageBytes: try good() + [UInt8($0)],
                    annotation: $0 % 10 == 0 ? "" : #"{"caption": "\#($0)"}"#)
            })
        let verification = try Verification(
            folder["raw"], manifest: folder["data.json"], isDeep: true,
            rules: Verification.Rules(minimumImageSize: 16))
        var findings = 0
        var last: Verification.Report?
        for try await event in verification.events() {
            switch event {
            case .progress(let progress): #expect(progress.finished <= progress.total)
            case .finding: findings += 1
            case .report(let report): last = report
            }
        }
        #expect(findings == 10)
        #expect(last?.counts == [.badAnnotation: 10])
        for try await event in verification.events() {
            if case .finding = event { break }
        }
    }

    @Test("Without a list only the shards are looked at; a folder without shards is an error")
    func structureOnly() throws {
        let folder = try write([Entry(image: "a.jpg", imageBytes: [1], annotation: nil)])
        let summary = try Verification(folder["raw"]).run()
        #expect(summary.isClean)
        #expect(summary.samples == nil)
        try folder.write("empty/x", "")
        #expect(throws: StoreError.self) { try Verification(folder["empty"]).run() }
    }

    @Test("A cancelled verification throws")
    func cancelled() throws {
        let folder = try write([Entry(image: "a.jpg", imageBytes: [1], annotation: nil)])
        let cancellation = Cancellation()
        cancellation.cancel()
        let error = #expect(throws: StoreError.self) {
            try Verification(folder["raw"]).run(cancellation: cancellation) { _ in }
        }
        #expect(error?.code == .cancelled)
    }
}
