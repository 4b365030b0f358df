import RedCapsLoading
import TestSupport
import Testing

@Suite("Draws")
struct DrawsTests {
    private struct Golden: Decodable {
        struct Python: Decodable {
            let seed: Int
            let integers: [Int]
            let uniforms: [String]
        }
        struct Positional: Decodable {
            let seed: UInt64
            let position: Int
            let integers: [Int]
            let uniforms: [String]
        }
        struct Shuffled: Decodable {
            let seed: UInt64
            let count: Int
            let first: Int
            let indices: [Int]
        }

        let python: [Python]
        let positional: [Positional]
        let shuffled: [Shuffled]
    }

    private let golden: Golden

    init() throws { golden = try Fixture.decode(from: "draws.json") }

    @Test("Python's draws are CPython's, for any seed and past the generator's refill")
    func python() throws {
        let counts = [1, 2, 3, 7, 342, 1000, 1 << 20, 1 << 31 - 1, 1 << 32 - 1]
        #expect(golden.python.count == 10)
        for run in golden.python {
            var draws = PythonDraws(seed: run.seed)
            for (number, (integer, uniform)) in zip(run.integers, run.uniforms).enumerated() {
                #expect(draws.integer(below: counts[number % counts.count]) == integer)
                #expect(draws.unitInterval() == Double(uniform))
            }
        }
    }

    @Test("Python's 64 bits are getrandbits(64), and draws serve the standard library")
    func bits() {
        // random.seed(seed); [random.getrandbits(64) for _ in range(3)]
        for (seed, numbers) in [
            (0, [7_106_521_602_475_165_645, 16_422_101_724_900_707_500, 746_805_015_404_516_437]),
            (
                12345,
                [
                    13_515_657_874_892_102_023, 15_129_553_140_981_592_645,
                    14_809_938_836_708_178_893,
                ]
            ),
        ] as [(Int, [UInt64])] {
            var draws = ReferenceMode.draws(seed: seed)
            #expect((0..<3).map { _ in draws.next() } == numbers)
        }
        // Docs/Order.md: a number in 0 ..< 1 is (next() >> 11) / 2^53.
        var draws = PositionalDraws(seed: 7, position: 9)
        var same = draws
        #expect(Double(draws.next() >> 11) / 0x1p53 == same.unitInterval())
        for _ in 0..<100 {
            #expect((-2..<2).contains(Float.random(in: -2..<2, using: &draws)))
            #expect((3...5).contains(Int.random(in: 3...5, using: &draws)))
        }
    }

    @Test("Positional draws are what Docs/Order.md specifies as version 1")
    func positional() throws {
        let counts = [1, 2, 342, 5_000_000, 1 << 62 + 1 << 61]
        #expect(golden.positional.count == 5)
        for run in golden.positional {
            var draws = PositionalDraws(seed: run.seed, position: run.position)
            let integers = counts.flatMap { count in
                (0..<4).map { _ in draws.integer(below: count) }
            }
            #expect(integers == run.integers)
            #expect((0..<4).map { _ in draws.unitInterval() } == run.uniforms.map { Double($0) })
        }
    }

    @Test("Draws are spread evenly, and neighbours in position or seed have nothing in common")
    func spread() {
        var tenths = [Int](repeating: 0, count: 10)
        var crops = [Int](repeating: 0, count: 7)
        for position in 0..<10_000 {
            var draws = PositionalDraws(seed: UInt64(position % 3), position: position / 3)
            crops[draws.integer(below: 7)] += 1
            tenths[Int(draws.unitInterval() * 10)] += 1
        }
        #expect(tenths.allSatisfy { (850...1150).contains($0) }, "\(tenths)")
        #expect(crops.allSatisfy { (1250...1600).contains($0) }, "\(crops)")
    }

    @Test("The endless shuffled order is what Docs/Order.md specifies as version 1")
    func shuffled() throws {
        #expect(golden.shuffled.count == 6)
        for run in golden.shuffled {
            var cursor = try InfiniteSampler.infinite(shuffle: true, seed: run.seed)
                .makeCursor(
                    at: run.first, over: DatasetLayout(count: run.count))
            #expect(run.indices.map { _ in cursor.next() } == run.indices)
        }
    }
}

@Suite("Samplers")
struct SamplerTests {
    private func take(_ sampler: some Sampler, _ count: Int, of size: Int, at first: Int = 0)
        throws -> [Int]
    {
        var cursor = try sampler.makeCursor(
            at: first, over: DatasetLayout(count: size))
        var indices: [Int] = []
        while indices.count < count, let index = cursor.next() { indices.append(index) }
        return indices
    }

    @Test("Sequential is the list, once")
    func sequential() throws {
        #expect(try take(.sequential, 10, of: 4) == [0, 1, 2, 3])
        #expect(try take(.sequential, 10, of: 4, at: 3) == [3])
        #expect(try take(.sequential, 10, of: 4, at: 9) == [])
    }

    @Test("Every epoch of the shuffled order has every sample once, whatever the size")
    func permutations() throws {
        for size in Array(1...130) + [255, 256, 257, 1000] {
            let indices = try take(.infinite(seed: 9), 3 * size, of: size)
            for epoch in 0..<3 {
                let part = indices[(epoch * size)..<((epoch + 1) * size)]
                #expect(part.sorted() == Array(0..<size))
            }
        }
    }

    @Test("Epochs and seeds differ, and without shuffling the list comes round and round")
    func epochs() throws {
        let indices = try take(.infinite(seed: 9), 200, of: 100)
        #expect(indices[..<100] != indices[100...])
        #expect(try take(.infinite(seed: 10), 200, of: 100) != indices)
        #expect(try take(.infinite(seed: 9), 200, of: 100) == indices)
        #expect(try take(.infinite(shuffle: false), 7, of: 3) == [0, 1, 2, 0, 1, 2, 0])
    }

    @Test("A cursor made anywhere goes on as one that walked there")
    func anywhere() throws {
        let walked = try take(.infinite(seed: 3), 500, of: 77)
        for first in [0, 1, 76, 77, 78, 154, 399] {
            #expect(
                try take(.infinite(seed: 3), 100, of: 77, at: first)
                    == Array(walked[first..<(first + 100)]))
        }
    }

    @Test("Of five million samples, any position is found at once and all are different")
    func large() throws {
        let indices = try take(.infinite(seed: 1), 20_000, of: 5_000_000, at: 4_990_000)
        #expect(Set(indices[..<10_000]).count == 10_000)
        #expect(indices.allSatisfy { (0..<5_000_000).contains($0) })
        // Near the beginning of the list and near its end alike.
        #expect((9_000...11_000).contains(indices.count { $0 < 2_500_000 }))
    }

    @Test("Identities tell orders apart")
    func identities() throws {
        #expect(SequentialSampler.sequential.identity == "sequential:v1")
        #expect(InfiniteSampler.infinite(shuffle: false, seed: 4).identity == "infinite:v1")
        #expect(InfiniteSampler.infinite(seed: 4).identity == "infinite:v1:shuffled:4")
    }
}
