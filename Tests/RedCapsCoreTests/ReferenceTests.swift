import RedCapsImage
import RedCapsLoading
import RedCapsCore
import TestSupport
import Testing

@Suite("In reference mode")
struct ReferenceTests {
    @Test(
        "Crops, dropped captions, pixels, ids and replacements are the reference's",
        arguments: 0..<4)
    func golden(number: Int) throws {
        let data = try ReferenceData.load()
        let run = data.runs[number]
        let dataset = try data.dataset(imageSize: run.size)
        let workspace = try dataset.makeWorkspace()
        workspace.keepsImageBytes = true
        let storage = try dataset.makeStorage(for: PlannedBatch([0]))
        var draws = PythonDraws(seed: run.seed)
        #expect(run.rows.count == data.names.count)
        for row in run.rows {
            if run.reseeds { draws = PythonDraws(seed: run.seed + row.index) }
            let loaded = try? dataset.load(
                row.index, position: row.index, draws: &draws,
                attempts: run.replaces ? 501 : 1, into: storage, slot: 0,
                workspace: workspace)
            let ours = ReferenceRun.Row(
                row.index, loaded?.sample, bytes: workspace.imageBytes,
                floats: try storage.tensor())
            #expect(ours == row, "\(data.names[row.index])")
        }
    }

    @Test("A failure has drawn what the reference's has: nothing, the crop, or crop and uniform")
    func consumed() throws {
        let data = try ReferenceData.load()
        let dataset = try data.dataset(imageSize: 64, captionDropout: 0)
        let workspace = try dataset.makeWorkspace()
        let storage = try dataset.makeStorage(for: PlannedBatch([0]))
        for (index, name) in data.names.enumerated() {
            var draws = PythonDraws(seed: 5)
            let loaded = Result {
                try dataset.load(
                    index, draws: &draws, into: storage, slot: 0, workspace: workspace)
            }
            guard case .failure(let error as SampleError) = loaded else { continue }
            var expected = PythonDraws(seed: 5)
            if error.stage != .image {
                _ = expected.integer(below: try slack(name) + 1)
            }
            if error.stage == .text { _ = expected.unitInterval() }
            #expect(draws.unitInterval() == expected.unitInterval(), "\(name)")
        }
    }

    /// By how much an image is longer than it is short.
    private func slack(_ name: String) throws -> Int {
        let bytes = try Fixture.bytes("jpegs/\(name).jpg")
        let header = try ImageDecoder().header(of: bytes.span)
        return abs(header.width - header.height)
    }
}

extension PixelStorage {
    /// Its floats, as a batch of one.
    func tensor() throws -> PixelTensor { PixelTensor(self, count: 1) }
}
