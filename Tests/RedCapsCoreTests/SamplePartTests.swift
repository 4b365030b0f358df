import Logging
import RedCapsBase
import RedCapsCore
import RedCapsLoading
import RedCapsTar
import TestSupport
import Testing

@Suite("Parts of samples")
struct SamplePartTests {
    private let latents = SamplePart("latents")

    private func dataset(lacking: Set<Int> = []) throws -> CaptionDataset {
        var files: [String: [UInt8]] = [:]
        let image = try Fixture.bytes("jpegs/square.jpg")
        var entries: [[String?]] = []
        for index in 0..<20 {
            files["\(index).jpg"] = image
            files["\(index).json"] = Array(#"{"re_caption": "number \#(index)"}"#.utf8)
            if !lacking.contains(index) {
                files["\(index).pt"] = Array(repeating: UInt8(index), count: 8 + index)
            }
            entries.append(["\(index).jpg", "\(index).json", "\(index).pt"])
        }
        let store = try MemoryStore(files)
        return try CaptionDataset(
            Samples.configuration(imageSize: 24),
            manifest: Manifest(parts: [.image, .annotation, latents], entries), images: store,
            annotations: store, parts: [latents: store],
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func options(workers: Int) -> LoaderOptions {
        LoaderOptions(
            batchSize: 6, sampler: .epochs(1, seed: 5), workers: workers,
            failurePolicy: .skip(atMost: 5),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test("A third part comes with each sample, for any number of workers", arguments: [1, 2, 8])
    func third(workers: Int) throws {
        let dataset = try dataset()
        let one = try DataLoader(dataset, options(workers: 1)).results.map { try $0.get() }
        let some = try DataLoader(dataset, options(workers: workers)).results.map { try $0.get() }
        #expect(some.map { $0.samples.map(\.sample) } == one.map { $0.samples.map(\.sample) })
        for sample in some.flatMap(\.samples) {
            let expected = Array(repeating: UInt8(sample.index), count: 8 + sample.index)
            #expect(sample.sample.parts == [latents: expected])
        }
    }

    @Test("A part that isn't there fails its sample, with its path")
    func missing() throws {
        let dataset = try dataset(lacking: [4, 11])
        var failures: [SampleFailure] = []
        for result in try DataLoader(dataset, options(workers: 2)).results {
            failures += try result.get().context.failures
        }
        #expect(failures.map(\.index).sorted() == [4, 11])
        #expect(Set(failures.compactMap(\.path)) == ["4.pt", "11.pt"])
        #expect(failures.allSatisfy { ($0.error as? SampleError)?.stage == .part })
    }

    @Test("A part that the list doesn't name fails its sample, too")
    func absent() throws {
        let image = try Fixture.bytes("jpegs/square.jpg")
        let store = try MemoryStore(["a.jpg": image, "a.json": Array(#"{"re_caption": ""}"#.utf8)])
        let dataset = try CaptionDataset(
            Samples.configuration(imageSize: 24), manifest: Manifest([("a.jpg", "a.json")]),
            images: store, annotations: store, parts: [latents: store],
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let error = #expect(throws: SampleError.self) { try dataset.sample(at: 0) }
        #expect(error?.stage == .part)
        #expect("\(error.map { "\($0)" } ?? "")".contains("the entry has no latents path"))
    }

    @Test("A part's name is its bytes")
    func names() {
        #expect(SamplePart("e\u{301}") != SamplePart("\u{E9}"))
        #expect(SamplePart("image") == .image)
    }
}
