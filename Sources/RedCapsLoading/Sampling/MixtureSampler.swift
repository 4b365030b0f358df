import RedCapsBase

/// The sources of a concatenation in chosen proportions, each in an endless shuffled order of its
/// own. Version 1 of `Docs/Order.md`.
///
/// Each block of positions has an exact number of samples of each source, in shuffled order.
public struct MixtureSampler: Sampler {
    /// How often each source is drawn, in proportion to the others.
    public let weights: [Double]
    /// The length of a block; `nil` for one that comes close to the weights.
    public let blockSize: Int?
    /// What chooses all shuffles.
    public let seed: UInt64

    /// The order's version, the block's size, the seed and the weights.
    public var identity: String {
        let weights = weights.map { "\($0)" }.joined(separator: ",")
        return "mixture:v1:\(blockSize.map(String.init) ?? "auto"):\(seed):\(weights)"
    }

    /// Never ends.
    public func length(over layout: DatasetLayout) -> Int? { nil }

    /// How many positions of each block every source has.
    /// - Throws: `LoaderError` for weights that make no sense, and if a block is too short for the
    ///   smallest.
    public func counts() throws(LoaderError) -> [Int] {
        guard weights.allSatisfy({ $0 >= 0 }) else {
            throw LoaderError("weights = \(weights): one is negative or not a number")
        }
        let sum = weights.reduce(0, +)
        guard sum > 0, (sum * Double(Self.sizes.upperBound)).isFinite else {
            throw LoaderError("weights = \(weights) add up to \(sum)")
        }
        guard let blockSize else { return try chosenCounts(sum) }
        guard Self.sizes.contains(blockSize) else {
            throw LoaderError("blockSize = \(blockSize) isn't in 1 ... \(Self.sizes.upperBound)")
        }
        return try checked(counts(blockSize, sum))
    }

    /// A cursor that keeps the keys of its block and of each source's epoch.
    /// - Throws: `LoaderError` unless there is a sensible weight for each source that has samples.
    public func makeCursor(
        at position: Int, shardIndex: Int, shardCount: Int, over layout: DatasetLayout
    ) throws(LoaderError) -> some IteratorProtocol<Int> & Sendable {
        guard weights.count == layout.sources.count else {
            throw LoaderError(
                "\(weights.count) weights for a data set of \(layout.sources.count) sources")
        }
        let counts = try counts()
        for source in counts.indices where counts[source] > 0 && layout.sources[source] <= 0 {
            throw LoaderError("source \(source) has a weight but no samples")
        }
        return OrderCursor(
            MixtureOrder(counts, sources: layout.sources, seed: seed), at: position,
            shardIndex: shardIndex, shardCount: shardCount)
    }

    private static let sizes = 1...(1 << 24)

    /// The block's places by largest remainder; of equal remainders the first source's counts.
    private func counts(_ blockSize: Int, _ sum: Double) -> [Int] {
        let quotas = weights.map { $0 * Double(blockSize) / sum }
        var counts = quotas.map { Int($0) }
        func remainder(_ source: Int) -> Double { quotas[source] - Double(Int(quotas[source])) }
        let order = weights.indices.filter { weights[$0] > 0 }.sorted {
            let (first, second) = (remainder($0), remainder($1))
            return first != second ? first > second : $0 < $1
        }
        let left = max(0, blockSize - counts.reduce(0, +))
        for source in order.prefix(left) { counts[source] += 1 }
        return counts
    }

    /// Those of the smallest block that comes within 1 % of every weight.
    private func chosenCounts(_ sum: Double) throws(LoaderError) -> [Int] {
        for bits in 8..<16 {
            let counts = counts(1 << bits, sum)
            let fits = weights.indices.allSatisfy { source in
                let quota = weights[source] * Double(1 << bits) / sum
                return abs(Double(counts[source]) - quota) <= quota * 0.01
            }
            if fits { return counts }
        }
        return try checked(counts(1 << 16, sum))
    }

    private func checked(_ counts: [Int]) throws(LoaderError) -> [Int] {
        for source in counts.indices where counts[source] == 0 && weights[source] > 0 {
            throw LoaderError(
                "source \(source) with weight \(weights[source]) gets no place in a block of "
                    + "\(counts.reduce(0, +)); make blockSize larger, or the weight 0")
        }
        return counts
    }
}

/// A mixture over known sources.
struct MixtureOrder: PositionedOrder {
    let length = Int.max
    private struct Part: Sendable {
        let count: Int
        /// Where its numbers begin among those of a block.
        let blockStart: Int
        /// Where its samples begin in the data set.
        let start: Int
        var shuffle: EndlessShuffle
    }

    private var parts: [Part] = []
    private var blocks: EndlessShuffle
    private let blockSize: Int

    init(_ counts: [Int], sources: [Int], seed: UInt64) {
        var (blockStart, start) = (0, 0)
        for (source, (count, size)) in zip(counts, sources).enumerated() {
            if count > 0 {
                parts.append(
                    Part(
                        count: count, blockStart: blockStart, start: start,
                        shuffle: EndlessShuffle(
                            count: size, seed: SplitMix64.seed(seed, ofPart: source))))
            }
            blockStart += count
            start += size
        }
        blockSize = blockStart
        blocks = EndlessShuffle(count: blockSize, seed: seed)
    }

    mutating func index(at position: Int) -> Int {
        let (block, place) = position.quotientAndRemainder(dividingBy: blockSize)
        let number = blocks.element(place, ofEpoch: block)
        let part = parts.partitionPoint { $0.blockStart > number } - 1
        let rank = block * parts[part].count + number - parts[part].blockStart
        return parts[part].start + parts[part].shuffle.element(at: rank)
    }
}

extension Sampler where Self == MixtureSampler {
    /// The sources of a concatenation in chosen proportions.
    /// - Parameters:
    ///   - weights: For each source how often it is drawn, in proportion to the others; 0 leaves it
    ///     out.
    ///   - blockSize: How many positions have exactly the same numbers of samples of each source, as
    ///     close to the weights as whole numbers come; `nil` for the smallest power of two from 256
    ///     to 65,536 that comes within 1 % of every weight.
    ///   - seed: What chooses all shuffles.
    public static func mixture(
        weights: [Double], blockSize: Int? = nil, seed: UInt64 = 0
    ) -> Self {
        MixtureSampler(weights: weights, blockSize: blockSize, seed: seed)
    }
}
