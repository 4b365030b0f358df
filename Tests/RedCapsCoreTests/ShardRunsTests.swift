import RedCapsLoading
import RedCapsTar
import RedCapsCore
import RedCapsTokenizers
import TestSupport
import Testing

@Suite("A data set's shards")
struct ShardRunsTests {
    /// Shards of some samples each, and a list of them in some order.
    private struct Samples {
        let folder: TemporaryFolder

        init(shards: [Int]) throws {
            folder = try TemporaryFolder()
            try folder.write("raw/x", "")
            try folder.remove("raw/x")
            for (number, count) in shards.enumerated() {
                let shard = try TarWriter.create(folder["raw/\(number).tar"])
                for sample in 0..<count {
                    for suffix in ["jpg", "json"] {
                        try shard.add("\(number)/\(sample).\(suffix)", Array("{}".utf8))
                    }
                }
                try shard.close()
            }
        }

        func open(
            _ list: [(shard: Int, sample: Int)], excluding: [Int] = [],
            missing: MissingPolicy = .failSample
        ) throws -> CaptionDataset {
            let entries = list.map { shard, sample in
                #"{"image": "\#(shard)/\#(sample).jpg", "annotation": "\#(shard)/\#(sample).json"}"#
            }
            try folder.write("list.json", "[\(entries.joined(separator: ",\n"))]")
            return try CaptionDataset(
                TestSupport.Samples.configuration(imageSize: 24), root: folder.path,
                missing: missing,
                excluding: SkipList(
                    excluding.map { ($0, "\(list[$0].shard)/\(list[$0].sample).jpg") }))
        }
    }

    private static func inOrder(_ shards: [Int]) -> [(shard: Int, sample: Int)] {
        shards.enumerated().flatMap { shard, count in (0..<count).map { (shard, $0) } }
    }

    @Test("Are the runs of a list in their order, without what is left out")
    func runs() throws {
        let shards = [5, 3, 7]
        let set = try Samples(shards: shards)
        let list = Self.inOrder(shards)
        let whole = try set.open(list).layout
        #expect(whole.count == 15)
        #expect(whole.sources == [15])
        #expect(try whole.shards() == shards)
        let part = try set.open(list, excluding: [0, 4, 5, 6, 7, 14]).layout
        #expect(part.count == 9)
        #expect(try part.shards() == [3, 6])
        #expect(try set.open(list.reversed()).layout.shards() == [7, 3, 5])
    }

    @Test("A sample without files goes with the one before it, the first ones with the next")
    func missing() throws {
        let set = try Samples(shards: [5, 3])
        var list = Self.inOrder([5, 3])
        list.insert((9, 0), at: 5)
        list = [(9, 0), (9, 1)] + list
        let layout = try set.open(list).layout
        #expect(layout.count == 11)
        #expect(try layout.shards() == [8, 3])
        #expect(try set.open(list, missing: .dropAtOpen).layout.shards() == [5, 3])
    }

    @Test("An unpacked tree is one, wherever its samples are")
    func loose() throws {
        let set = try Samples(shards: [2])
        for (folder, sample) in [("7", 0), ("7", 1), ("8", 0)] {
            for suffix in ["jpg", "json"] {
                try set.folder.write("raw/\(folder)/\(sample).\(suffix)", "{}")
            }
        }
        let layout = try set.open([(7, 0), (7, 1), (8, 0), (0, 0), (0, 1)]).layout
        #expect(try layout.shards() == [3, 2])
    }

    @Test("Paths that the list spells in its own way are found in their shards, too")
    func oddPaths() throws {
        let set = try Samples(shards: [2, 2])
        try set.folder.write(
            "list.json",
            """
            [{"image": "./0//0.jpg", "annotation": "0/0.json"},
             {"image": "0/1.jpg", "annotation": "0/1.json"},
             {"image": "./1/0.jpg", "annotation": "1/0.json"},
             {"annotation": "1/1.json"}]
            """)
        let dataset = try CaptionDataset(
            TestSupport.Samples.configuration(imageSize: 24), root: set.folder.path)
        #expect(try dataset.layout.shards() == [2, 2])
    }

    @Test("A list that jumps between shards is refused, with what to do")
    func scattered() throws {
        let set = try Samples(shards: [5, 5])
        let list = (0..<5).flatMap { sample in [(0, sample), (1, sample)] }
        let dataset = try set.open(list)
        do {
            _ = try BlockShuffledSampler.blockShuffled()
                .makeCursor(over: dataset.layout)
            Issue.record("not refused")
        } catch {
            #expect(
                error.description
                    == "the list isn't in the order of its shards: 10 samples of 2 shards come in "
                    + "10 runs, so that shuffling shards would save no reading; use .infinite or "
                    + ".epochs, or sort the list by shard")
        }
        #expect(try set.open(Array(list.prefix(2))).layout.shards() == [1, 1])
    }

    /// A store of layers, and what it gives through the index of a list.
    private func opened(
        _ layers: [any FileStore], of set: Samples
    ) throws -> (dataset: CaptionDataset, isBuilt: Bool) {
        let store = LayeredStore(layers)
        let stores: [SamplePart: any FileStore] = [.image: store, .annotation: store]
        let isBuilt = try SampleIndex(list: set.folder["list.json"], stores: stores).isBuilt
        let dataset = try CaptionDataset(
            TestSupport.Samples.configuration(imageSize: 24), root: set.folder.path, stores: stores,
            tokenizer: ByteTokenizer())
        return (dataset, isBuilt)
    }

    @Test("Those of layers are told apart, and their index is kept where all versions are known")
    func layers() throws {
        let set = try Samples(shards: [3, 4])
        _ = try set.open(Self.inOrder([3, 4]))
        let shards = try (0..<2).map {
            TarShardStore(try TarIndex(shards: [set.folder["raw/\($0).tar"]]))
        }
        for expected in [true, false] {
            let (dataset, isBuilt) = try opened(shards, of: set)
            #expect(isBuilt == expected)
            #expect(try dataset.layout.shards() == [3, 4])
            #expect(dataset.place(of: 0, stage: .decode).contains("0.tar"))
            #expect(dataset.place(of: 3, stage: .decode).contains("1.tar"))
        }
        // What lies in memory has no version: no other process could know that it was corrected.
        let corrected = try MemoryStore(["0/0.jpg": [1], "0/0.json": [2]])
        for _ in 0..<2 {
            let (dataset, isBuilt) = try opened([shards[0], corrected, shards[1]], of: set)
            #expect(isBuilt)
            #expect(try dataset.layout.shards() == [3, 4])
        }
        let (dataset, _) = try opened([corrected] + shards, of: set)
        #expect(try dataset.layout.shards() == [1, 2, 4])
        #expect(dataset.place(of: 0, stage: .decode) == "0/0.jpg")
        #expect(dataset.place(of: 1, stage: .decode).contains("0.tar"))
        #expect(dataset.place(of: 6, stage: .tokenize).contains("1.tar"))
    }

    @Test("Files in memory are one; those of a list that a program makes are found as well")
    func stores() throws {
        #expect(try TestSupport.Samples.dataset(7).layout.shards() == [7])
        let set = try Samples(shards: [3, 4])
        let store = try DatasetFolder(set.folder["raw"])
        let paths = Self.inOrder([3, 4]).map { ("\($0)/\($1).jpg", "\($0)/\($1).json") }
        let dataset = try CaptionDataset(
            TestSupport.Samples.configuration(imageSize: 24), manifest: Manifest(paths),
            images: store, annotations: store)
        #expect(try dataset.layout.shards() == [3, 4])
    }
}
