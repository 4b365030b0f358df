import RedCapsLoading
import TestSupport
import Testing

/// A run of indices, as the scripts beside the golden values write it.
struct IndexRun: Decodable {
    let count: Int
    let sha256: String
    let first: [Int]
    let last: [Int]

    /// Compares what a cursor gives.
    func expect(_ cursor: some IteratorProtocol<Int>, _ comment: Comment) {
        var cursor = cursor
        var indices: [Int] = []
        while indices.count < count, let index = cursor.next() { indices.append(index) }
        #expect(indices.prefix(8) == first[...], comment)
        #expect(indices.suffix(8) == last[...], comment)
        let bytes = indices.flatMap { index in
            (0..<8).map { UInt8(truncatingIfNeeded: index >> (8 * $0)) }
        }
        #expect(TestSupport.sha256(bytes) == sha256, comment)
    }
}

@Suite("Orders, version 1")
struct OrderTests {
    private struct Golden: Decodable {
        struct Epochs: Decodable {
            let size: Int
            let seed: UInt64?
            let rounding: String
            let multiple: Int
            let at: Int
        }
        struct BlockShuffled: Decodable {
            let shards: [Int]
            let shardsOpen: Int
            let seed: UInt64
            let at: Int
        }
        struct Mixture: Decodable {
            let sizes: [Int]
            let weights: [Double]
            let blockSize: Int?
            let shares: [Int]
            let seed: UInt64
            let at: Int
        }
        struct Run<Facts: Decodable>: Decodable {
            let facts: Facts
            let run: IndexRun

            init(from decoder: any Decoder) throws {
                facts = try Facts(from: decoder)
                run = try IndexRun(from: decoder)
            }
        }

        let epochs: [Run<Epochs>]
        let blockShuffled: [Run<BlockShuffled>]
        let mixture: [Run<Mixture>]
    }

    private let golden: Golden

    init() throws { golden = try Fixture.decode(from: "orders.json") }

    private func layout(_ shards: [Int]) -> DatasetLayout {
        DatasetLayout(count: shards.reduce(0, +), shards: { shards })
    }

    private func take(
        _ sampler: some Sampler, _ count: Int, over layout: DatasetLayout, at first: Int = 0,
        shardCount: Int = 1
    ) throws -> [Int] {
        var cursor = try sampler.makeCursor(
            at: first, shardIndex: 0, shardCount: shardCount, over: layout)
        var indices: [Int] = []
        while indices.count < count, let index = cursor.next() { indices.append(index) }
        return indices
    }

    /// What a sampler says of a data set that it isn't made for.
    private func refusal(_ sampler: some Sampler, over layout: DatasetLayout) -> String? {
        do {
            _ = try sampler.makeCursor(over: layout)
            return nil
        } catch {
            return error.description
        }
    }

    // MARK: Golden values

    @Test("Epochs are what Docs/Order.md specifies")
    func epochs() throws {
        #expect(golden.epochs.count == 9)
        for (number, row) in golden.epochs.enumerated() {
            let facts = row.facts
            let rounding: EpochRounding =
                switch facts.rounding {
                case "up": .up(toMultipleOf: facts.multiple)
                case "down": .down(toMultipleOf: facts.multiple)
                default: .none
                }
            let sampler = EpochsSampler.epochs(
                shuffle: facts.seed != nil, seed: facts.seed ?? 0, rounding: rounding)
            let layout = DatasetLayout(count: facts.size)
            row.run.expect(
                try sampler.makeCursor(at: facts.at, over: layout), "run \(number)")
            #expect(
                (0..<8).map { sampler.index(at: facts.at + $0, over: layout) } == row.run.first)
        }
    }

    @Test("Block-shuffled order is what Docs/Order.md specifies")
    func blockShuffled() throws {
        #expect(golden.blockShuffled.count == 6)
        for (number, row) in golden.blockShuffled.enumerated() {
            let sampler = BlockShuffledSampler.blockShuffled(
                shardsOpen: row.facts.shardsOpen, seed: row.facts.seed)
            row.run.expect(
                try sampler.makeCursor(
                    at: row.facts.at, over: layout(row.facts.shards)), "run \(number)")
        }
    }

    @Test("Mixtures are what Docs/Order.md specifies")
    func mixture() throws {
        #expect(golden.mixture.count == 7)
        for (number, row) in golden.mixture.enumerated() {
            let facts = row.facts
            let sampler = MixtureSampler.mixture(
                weights: facts.weights, blockSize: facts.blockSize, seed: facts.seed)
            #expect(try sampler.counts() == facts.shares)
            let layout = DatasetLayout(count: facts.sizes.reduce(0, +), sources: facts.sizes)
            row.run.expect(
                try sampler.makeCursor(at: facts.at, over: layout), "run \(number)")
        }
    }

    // MARK: Properties

    @Test("An epoch is the list, extended from its own start or without its last samples")
    func rounding() throws {
        let plain = try take(.epochs(2, seed: 3), 99, over: DatasetLayout(count: 10))
        let (first, second) = (plain[..<10], plain[10...])
        #expect(first.sorted() == Array(0..<10))
        #expect(second.sorted() == Array(0..<10))
        #expect(first != second)
        let layout = DatasetLayout(count: 10)
        let up = try take(.epochs(2, seed: 3, rounding: .up(toMultipleOf: 4)), 99, over: layout)
        #expect(up == Array(first + first.prefix(2) + second + second.prefix(2)))
        let down = try take(.epochs(2, seed: 3, rounding: .down(toMultipleOf: 4)), 99, over: layout)
        #expect(down == Array(first.prefix(8) + second.prefix(8)))
        let list = try take(
            .epochs(2, shuffle: false, rounding: .up(toMultipleOf: 7)), 99,
            over: DatasetLayout(count: 3))
        #expect(list == [0, 1, 2, 0, 1, 2, 0, 0, 1, 2, 0, 1, 2, 0])
        #expect(try take(.epochs(seed: 3), 20, over: layout) == plain)
        #expect(try take(.infinite(seed: 3), 20, over: layout) == plain)
        #expect(try take(.epochs(0), 9, over: layout) == [])
    }

    @Test("The length of an order of epochs counts all of them")
    func lengths() {
        let layout = DatasetLayout(count: 10)
        #expect(EpochsSampler.epochs(3).length(over: layout) == 30)
        #expect(EpochsSampler.epochs().length(over: layout) == nil)
        #expect(EpochsSampler.epochs(3, rounding: .up(toMultipleOf: 8)).length(over: layout) == 48)
        #expect(
            EpochsSampler.epochs(3, rounding: .down(toMultipleOf: 8)).length(over: layout) == 24)
        #expect(EpochsSampler.epochs(.max).length(over: layout) == .max)
        #expect(BlockShuffledSampler.blockShuffled().length(over: layout) == nil)
        #expect(MixtureSampler.mixture(weights: [1]).length(over: layout) == nil)
    }

    @Test(
        "Every epoch of block-shuffled order has every sample once, window after window of shards")
    func windows() throws {
        let shards = [9, 1, 30, 4, 0, 17, 22, 5, 13]
        let (count, layout) = (101, layout(shards))
        let shardOf = shards.enumerated().flatMap { Array(repeating: $0, count: $1) }
        for shardsOpen in [1, 2, 3, 8, 100] {
            let indices = try take(
                .blockShuffled(shardsOpen: shardsOpen, seed: 4), 3 * count, over: layout)
            var epochs: Set<[Int]> = []
            for epoch in 0..<3 {
                let part = Array(indices[(epoch * count)..<((epoch + 1) * count)])
                #expect(part.sorted() == Array(0..<count))
                epochs.insert(part)
                // Once all of a window's samples have come, none of its shards comes again.
                var left = Dictionary(uniqueKeysWithValues: shards.enumerated().map { ($0, $1) })
                var open: Set<Int> = []
                for index in part {
                    open.insert(shardOf[index])
                    left[shardOf[index], default: 0] -= 1
                    #expect(open.count <= shardsOpen)
                    if open.count == min(shardsOpen, 8), open.allSatisfy({ left[$0] == 0 }) {
                        open = []
                    }
                }
            }
            #expect(epochs.count == 3)
        }
    }

    @Test("A mixture has exact numbers in every block, and goes through each source in epochs")
    func shares() throws {
        let sizes = [40, 11, 7, 5]
        let layout = DatasetLayout(count: 63, sources: sizes)
        let indices = try take(
            .mixture(weights: [5, 2, 0, 3], blockSize: 20, seed: 8), 2000, over: layout)
        var bySource = [[Int]](repeating: [], count: 4)
        for block in 0..<100 {
            let part = indices[(block * 20)..<((block + 1) * 20)]
            #expect(part.count { $0 < 40 } == 10)
            #expect(part.count { (40..<51).contains($0) } == 4)
            #expect(part.count { $0 >= 58 } == 6)
        }
        for index in indices {
            bySource[index < 40 ? 0 : index < 51 ? 1 : index < 58 ? 2 : 3].append(index)
        }
        // Within a block a source's ranks are shuffled, so only whole blocks are whole epochs.
        #expect(Set(bySource[0][..<40]) == Set(0..<40))
        #expect(bySource[2].isEmpty)
        for index in 0..<11 {
            #expect([36, 37].contains(bySource[1].count { $0 == 40 + index }))
        }
        #expect(Set(bySource[3].map { i in bySource[3].count { $0 == i } }) == [120])
    }

    @Test("A cursor made anywhere, with any stride, goes on as one that walked there")
    func anywhere() throws {
        func check(_ sampler: some Sampler, _ layout: DatasetLayout) throws {
            let walked = try take(sampler, 1000, over: layout)
            for (first, stride) in [(0, 1), (1, 1), (76, 2), (77, 3), (154, 7), (399, 600)] {
                let indices = try take(sampler, 200, over: layout, at: first, shardCount: stride)
                let expected = Swift.stride(from: first, to: 1000, by: stride).map { walked[$0] }
                #expect(indices.starts(with: expected.prefix(200)))
            }
        }
        let shards = DatasetLayout(
            count: 77, sources: [50, 27], shards: { [20, 20, 20, 17] })
        try check(.epochs(seed: 3), shards)
        try check(.epochs(seed: 3, rounding: .up(toMultipleOf: 10)), shards)
        try check(.epochs(seed: 3, rounding: .down(toMultipleOf: 10)), shards)
        try check(.blockShuffled(shardsOpen: 2, seed: 3), shards)
        try check(.mixture(weights: [1, 2], blockSize: 9, seed: 3), shards)
        try check(.torchInfinite(seed: 3), shards)
    }

    @Test("Orders near the end of all numbers don't run over")
    func end() throws {
        let layout = DatasetLayout(count: 77, sources: [50, 27], shards: { [20, 20, 20, 17] })
        func check(_ sampler: some Sampler) throws {
            let indices = try take(sampler, 9, over: layout, at: .max - 4, shardCount: 2)
            #expect(indices.count == 2)
            #expect(indices.allSatisfy { (0..<77).contains($0) })
            #expect(try take(sampler, 2, over: layout, at: -5, shardCount: -1).count == 2)
        }
        try check(.infinite(seed: 3))
        try check(.infinite(shuffle: false))
        try check(.epochs(seed: 3, rounding: .up(toMultipleOf: 10)))
        try check(.epochs(.max, seed: 3))
        try check(.blockShuffled(shardsOpen: .max, seed: 3))
        try check(.mixture(weights: [1, 2], seed: 3))
    }

    @Test("What makes no sense is refused with the numbers")
    func refusals() {
        let two = DatasetLayout(count: 10, sources: [4, 6])
        #expect(refusal(.epochs(-1), over: two) == "-1 epochs")
        #expect(
            refusal(.epochs(rounding: .up(toMultipleOf: 0)), over: two)
                == "epochs can't be rounded to a multiple of 0")
        #expect(
            refusal(.epochs(rounding: .down(toMultipleOf: 16)), over: two)
                == "an epoch of 10 samples, rounded down to a multiple of 16, is empty")
        #expect(
            refusal(.mixture(weights: [1]), over: two) == "1 weights for a data set of 2 sources")
        for weights in [[1, -1], [1, .nan], [0, 0], [1, .infinity], [1e308, 1e308]] as [[Double]] {
            #expect(
                refusal(.mixture(weights: weights), over: two)?.hasPrefix("weights = [") == true)
        }
        #expect(
            refusal(.mixture(weights: [1, 1], blockSize: 0), over: two)
                == "blockSize = 0 isn't in 1 ... 16777216")
        #expect(
            refusal(.mixture(weights: [1, 1e-9]), over: two)
                == "source 1 with weight 1e-09 gets no place in a block of 65536; "
                + "make blockSize larger, or the weight 0")
        #expect(
            refusal(.mixture(weights: [1, 1]), over: DatasetLayout(count: 4, sources: [4, 0]))
                == "source 1 has a weight but no samples")
        #expect(
            refusal(.blockShuffled(shardsOpen: 0), over: two) == "shardsOpen = 0 isn't positive")
        for shards in [[4], [4, 7], [-1, 11], [.max, .max, 12]] {
            #expect(
                refusal(.blockShuffled(), over: DatasetLayout(count: 10, shards: { shards }))
                    == "the shards' samples don't add up to 10")
        }
        struct Lost: Error {}
        #expect(
            refusal(
                .blockShuffled(), over: DatasetLayout(count: 10, shards: { throw Lost() }))
                == "the shards can't be found: Lost()")
    }

    @Test("Identities tell orders apart")
    func identities() {
        #expect(EpochsSampler.epochs(3, seed: 4).identity == "epochs:v1:shuffled:4")
        #expect(EpochsSampler.epochs(shuffle: false, seed: 4).identity == "epochs:v1")
        #expect(
            EpochsSampler.epochs(seed: 4, rounding: .up(toMultipleOf: 8)).identity
                == "epochs:v1:shuffled:4:up:8")
        #expect(
            EpochsSampler.epochs(seed: 4, rounding: .down(toMultipleOf: 8)).identity
                == "epochs:v1:shuffled:4:down:8")
        #expect(
            BlockShuffledSampler.blockShuffled(shardsOpen: 5, seed: 6).identity
                == "blockShuffled:v1:5:6")
        #expect(
            MixtureSampler.mixture(weights: [1, 0.25], seed: 2).identity
                == "mixture:v1:auto:2:1.0,0.25")
        #expect(
            MixtureSampler.mixture(weights: [1], blockSize: 9).identity == "mixture:v1:9:0:1.0")
    }
}
