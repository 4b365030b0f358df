import RedCapsBase
import Foundation
import RedCapsCore
import RedCapsFixtures
import TestSupport
import Testing

@Suite("Fixture data sets")
struct FixtureDatasetTests {
    private func fixture(_ seed: UInt64 = 1) -> FixtureDataset {
        FixtureDataset(
            samples: 7, shards: 2, shortestEdge: 96, alsoExtracted: true, imageSize: 32, seed: seed)
    }

    private func read(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: path)) }

    @Test("The same options write the same bytes, another seed others")
    func deterministic() throws {
        let folders = try (0..<3).map { _ in try TemporaryFolder() }
        let written = try zip(folders, [1, 1, 2]).map { try fixture($1).write(to: $0.path) }
        for shard in ["/00000.tar", "/00001.tar"] {
            #expect(try read(written[0].raw + shard) == read(written[1].raw + shard))
            #expect(try read(written[0].raw + shard) != read(written[2].raw + shard))
        }
        #expect(try read(written[0].list) == read(written[1].list))
        withExtendedLifetime(folders) {}
    }

    @Test(
        "What is written loads, from tars and from the tree alike",
        arguments: [
            FixtureDataset.Layout.folderInShard, .bareMembers,
        ])
    func loads(layout: FixtureDataset.Layout) throws {
        let folder = try TemporaryFolder()
        var fixture = fixture()
        fixture.layout = layout
        let written = try fixture.write(to: folder.path)
        let training = try TrainingConfiguration(file: written.configuration)
        #expect(training.notes.isEmpty)
        var configuration = try #require(training.dataset.sources.first)
        #expect(configuration.imageSize == 32)
        #expect(configuration.captionFormat == .json(key: "re_caption"))
        let packed = try CaptionDataset(training, root: written.root)
        #expect(packed.count == 7)
        configuration.imageFolder = "extracted"
        configuration.captionFolder = "extracted"
        let unpacked = try CaptionDataset(configuration, root: written.root)
        for index in 0..<7 {
            let (first, second) = (try packed.sample(at: index), try unpacked.sample(at: index))
            #expect(try first.pixelValues[0] == second.pixelValues[0])
            #expect(first.sample.inputIDs == second.sample.inputIDs)
            #expect(min(first.sample.sourceSize.width, first.sample.sourceSize.height) == 96)
        }
    }

    @Test("Captions are text, some beyond ASCII, and every image is another")
    func contents() throws {
        let folder = try TemporaryFolder()
        let written = try FixtureDataset(samples: 40, shards: 1, shortestEdge: 81, imageSize: 8)
            .write(to: folder.path)
        let training = try TrainingConfiguration(file: written.configuration)
        let dataset = try CaptionDataset(training, root: written.root)
        let samples = try (0..<40).map { try dataset.sample(at: $0) }
        #expect(try Set(samples.map { try $0.pixelValues[0] }).count == 40)
        let captions = samples.compactMap(\.sample.caption)
        #expect(captions.count == 40)
        #expect(captions.contains { !$0.utf8.allSatisfy { $0 < 0x80 } })
        let shapes = Set(samples.map { $0.sample.sourceSize.width > $0.sample.sourceSize.height })
        #expect(shapes == [true, false])
    }

    @Test("Numbers that make no data set are refused")
    func refused() throws {
        let folder = try TemporaryFolder()
        for (samples, shards, edge) in [
            (0, 1, 96), (1, 2, 96), (1, 0, 96), (1, 1, 80), (1, 1, 9000),
        ] {
            let fixture = FixtureDataset(samples: samples, shards: shards, shortestEdge: edge)
            #expect(throws: ConfigurationError.self) { try fixture.write(to: folder.path) }
        }
        #expect(throws: StoreError.self) { try fixture().write(to: "/dev/null/data") }
    }
}
