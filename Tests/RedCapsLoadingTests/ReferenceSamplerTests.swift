import RedCapsLoading
import TestSupport
import Testing

@Suite("Python's samplers")
struct ReferenceSamplerTests {
    /// What one rank gets.
    private struct Row: Decodable {
        let sizes: [Int]
        let seed: Int
        let rank: Int
        let world: Int
        let shuffle: Bool
        let skip: Int?
        let epoch: Int?
        let epochs: Int?
        let roundUp: Bool?
        let repeats: [Int]?
        let batchSize: Int?
        let run: IndexRun

        enum CodingKeys: CodingKey {
            case sizes, seed, rank, world, shuffle, skip, epoch, epochs, roundUp, repeats, batchSize
        }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            sizes = try values.decode([Int].self, forKey: .sizes)
            seed = try values.decode(Int.self, forKey: .seed)
            rank = try values.decode(Int.self, forKey: .rank)
            world = try values.decode(Int.self, forKey: .world)
            shuffle = try values.decode(Bool.self, forKey: .shuffle)
            skip = try values.decodeIfPresent(Int.self, forKey: .skip)
            epoch = try values.decodeIfPresent(Int.self, forKey: .epoch)
            epochs = try values.decodeIfPresent(Int.self, forKey: .epochs)
            roundUp = try values.decodeIfPresent(Bool.self, forKey: .roundUp)
            repeats = try values.decodeIfPresent([Int].self, forKey: .repeats)
            batchSize = try values.decodeIfPresent(Int.self, forKey: .batchSize)
            run = try IndexRun(from: decoder)
        }

        func expect(_ sampler: some Sampler) throws {
            let layout = DatasetLayout(count: sizes.reduce(0, +), sources: sizes)
            run.expect(
                try sampler.makeCursor(
                    at: (skip ?? 0) * world, shardIndex: rank, shardCount: world, over: layout),
                "\(sampler.identity) of \(sizes), rank \(rank) of \(world)")
        }
    }
    private struct Seeds: Decodable {
        let seed: Int
        let numbers: [Int64]
    }
    private struct Golden: Decodable {
        let infinite: [Row]
        let `default`: [Row]
        let multi: [Row]
        let seeds: [Seeds]
    }

    private let golden: Golden

    init() throws { golden = try Fixture.decode(from: "samplers.json") }

    @Test("InfiniteSampler is mmengine's, for any seed, size, rank and epoch")
    func infinite() throws {
        #expect(golden.infinite.count == 37)
        for row in golden.infinite {
            try row.expect(.torchInfinite(shuffle: row.shuffle, seed: row.seed))
        }
    }

    @Test("DefaultSampler is mmengine's, with and without rounding up")
    func defaults() throws {
        #expect(golden.default.count == 56)
        for row in golden.default {
            let roundUp = try #require(row.roundUp as Bool?)
            let epoch = try #require(row.epoch)
            let epochs = try #require(row.epochs)
            try row.expect(
                .torchDefault(
                    shuffle: row.shuffle, seed: row.seed, epoch: epoch, epochs: epochs,
                    roundUp: roundUp, worldSize: row.world))
        }
    }

    @Test("FixedBatchMultiSourceSampler is OpenUni's")
    func multi() throws {
        #expect(golden.multi.count == 9)
        for row in golden.multi {
            try row.expect(
                .fixedBatchMultiSource(
                    repeats: try #require(row.repeats), batchSize: try #require(row.batchSize),
                    shuffle: row.shuffle, seed: row.seed))
        }
    }

    @Test("The numbers that a DataLoader's workers are seeded from are torch's")
    func seeds() {
        #expect(golden.seeds.count == 3)
        for row in golden.seeds {
            var generator = TorchGenerator(seed: row.seed)
            let numbers = (0..<400).map { _ in generator.int64() }
            #expect(Array(numbers.suffix(4)) == row.numbers)
        }
    }

    @Test(
        "All ranks together have every sample of an epoch, and as many more as rounding up asks for"
    )
    func ranks() throws {
        for (roundUp, length) in [(true, 12), (false, 10)] {
            let sampler = TorchDefaultSampler.torchDefault(
                seed: 1, roundUp: roundUp, worldSize: 4)
            let layout = DatasetLayout(count: 10)
            #expect(sampler.length(over: layout) == length)
            var indices: [Int] = []
            for rank in 0..<4 {
                var cursor = try sampler.makeCursor(
                    at: 0, shardIndex: rank, shardCount: 4, over: layout)
                while let index = cursor.next() { indices.append(index) }
            }
            #expect(indices.count == length)
            #expect(Set(indices) == Set(0..<10))
        }
    }

    @Test("What Python would loop over for ever, or what can't be divided among ranks, is refused")
    func refusals() {
        func refusal(_ sampler: some Sampler, _ sizes: [Int], shardCount: Int = 1) -> String? {
            do {
                _ = try sampler.makeCursor(
                    at: 0, shardIndex: 0, shardCount: shardCount,
                    over: DatasetLayout(count: sizes.reduce(0, +), sources: sizes))
                return nil
            } catch {
                return error.description
            }
        }
        #expect(
            refusal(.fixedBatchMultiSource(repeats: [1], batchSize: 4), [3, 4])
                == "repeat has 1 numbers for a data set of 2 sources")
        #expect(
            refusal(.fixedBatchMultiSource(repeats: [0, 0], batchSize: 4), [3, 4])
                == "repeat = [0, 0] isn't made of numbers in 0 ... 65536, one not 0")
        #expect(
            refusal(.fixedBatchMultiSource(repeats: [1, 1], batchSize: 4), [3, 0])
                == "source 1 is repeated but has no samples")
        #expect(
            refusal(.fixedBatchMultiSource(repeats: [1, 1], batchSize: 0), [3, 4])
                == "batch_size = 0 isn't in 1 ... 65536")
        #expect(
            refusal(.torchDefault(worldSize: 2), [10], shardCount: 4)
                == "the sampler is made for 2 ranks, and there are 4; its epochs depend on that")
        let limit = 214_748_364
        for refused in [
            refusal(.torchInfinite(), [limit]), refusal(.torchDefault(), [limit]),
            refusal(.fixedBatchMultiSource(repeats: [1], batchSize: 4), [limit]),
        ] {
            #expect(
                refused
                    == "torch's shuffle of 214748364 samples isn't supported; it must be less than "
                    + "214748364. Use .infinite or .epochs")
        }
        #expect(refusal(.torchInfinite(shuffle: false), [limit]) == nil)
    }

    @Test("Identities name Python's samplers and all that the order depends on")
    func identities() {
        #expect(
            TorchInfiniteSampler.torchInfinite(seed: 4).identity
                == "mmengine.InfiniteSampler:shuffled:4")
        #expect(
            TorchInfiniteSampler.torchInfinite(shuffle: false).identity
                == "mmengine.InfiniteSampler")
        #expect(
            TorchDefaultSampler.torchDefault(seed: 4, epoch: 2, worldSize: 3).identity
                == "mmengine.DefaultSampler:shuffled:4+2:up:3")
        #expect(
            TorchDefaultSampler.torchDefault(shuffle: false, roundUp: false).identity
                == "mmengine.DefaultSampler")
        #expect(
            FixedBatchMultiSourceSampler.fixedBatchMultiSource(
                repeats: [2, 1], batchSize: 8, seed: 5
            ).identity == "FixedBatchMultiSourceSampler:2,1:8:shuffled:5")
    }
}
