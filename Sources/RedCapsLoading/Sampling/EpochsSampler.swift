/// All samples in epochs, whose lengths may be rounded. Version 1 of `Docs/Order.md`.
///
/// Nothing depends on the number of ranks, so that a run goes on with the same samples on another
/// number of them.
public struct EpochsSampler: PureSampler {
    /// How many epochs; `nil` for no end.
    public let epochs: Int?
    /// Whether each epoch is shuffled.
    public let shuffles: Bool
    /// What chooses the shuffles.
    public let seed: UInt64
    /// What becomes of an epoch whose length isn't a multiple of something.
    public let rounding: EpochRounding

    /// The order's version, the seed when it shuffles, and the rounding; not the number of epochs,
    /// so that a run can go on for more of them.
    public var identity: String {
        "epochs:v1" + (shuffles ? ":shuffled:\(seed)" : "") + rounding.suffix
    }

    /// As many as all epochs have.
    public func length(over layout: DatasetLayout) -> Int? {
        epochs.map { order(over: layout, epochs: $0).length }
    }

    /// As many as there are samples, rounded.
    public func samplesPerEpoch(over layout: DatasetLayout) -> Int? {
        rounding.rounded(layout.count)
    }

    /// An element of the epoch's permutation, in constant time and memory.
    public func index(at position: Int, over layout: DatasetLayout) -> Int {
        var order = order(over: layout, epochs: epochs)
        return order.index(at: position)
    }

    /// A cursor that keeps the keys of its epoch.
    /// - Throws: `LoaderError` for a rounding to less than 1, a negative number of epochs, or fewer
    ///   samples than an epoch is rounded down to.
    public func makeCursor(
        at position: Int, shardIndex: Int, shardCount: Int, over layout: DatasetLayout
    ) throws(LoaderError) -> some IteratorProtocol<Int> & Sendable {
        guard epochs ?? 0 >= 0 else { throw LoaderError("\(epochs ?? 0) epochs") }
        guard rounding.multiple >= 1 else {
            throw LoaderError("epochs can't be rounded to a multiple of \(rounding.multiple)")
        }
        guard rounding.rounded(layout.count) > 0 || layout.count == 0 else {
            throw LoaderError(
                "an epoch of \(layout.count) samples, rounded down to a multiple of "
                    + "\(rounding.multiple), is empty")
        }
        return OrderCursor(
            order(over: layout, epochs: epochs), at: position, shardIndex: shardIndex,
            shardCount: shardCount)
    }

    private func order(over layout: DatasetLayout, epochs: Int?) -> EpochOrder {
        EpochOrder(
            layout, roundedCount: rounding.rounded(layout.count), epochs: epochs,
            shuffleSeed: shuffles ? seed : nil)
    }
}

/// How the length of an epoch is brought to a multiple of something: of the batch size times the
/// number of ranks, say, so that every rank has the same number of whole batches in each epoch.
public struct EpochRounding: Sendable, Hashable {
    let multiple: Int
    let isUp: Bool

    /// Each epoch has every sample once.
    public static let none = EpochRounding(multiple: 1, isUp: false)

    /// An epoch is extended with samples from its own start.
    public static func up(toMultipleOf multiple: Int) -> EpochRounding {
        EpochRounding(multiple: multiple, isUp: true)
    }

    /// An epoch loses its last samples: others in each epoch, if it is shuffled.
    public static func down(toMultipleOf multiple: Int) -> EpochRounding {
        EpochRounding(multiple: multiple, isUp: false)
    }

    var suffix: String { multiple == 1 ? "" : ":\(isUp ? "up" : "down"):\(multiple)" }

    /// The length of an epoch of so many samples.
    func rounded(_ count: Int) -> Int {
        let rest = count % max(1, multiple)
        guard isUp, rest > 0 else { return count - rest }
        let (sum, overflow) = count.addingReportingOverflow(multiple - rest)
        return overflow ? count : sum
    }
}

/// Epochs of a data set, one after the other.
struct EpochOrder: PositionedOrder {
    let length: Int
    private let count: Int
    private let roundedCount: Int
    private var shuffle: EndlessShuffle?

    init(_ layout: DatasetLayout, roundedCount: Int, epochs: Int?, shuffleSeed: UInt64?) {
        count = layout.count
        self.roundedCount = roundedCount
        let (all, overflow) = max(0, epochs ?? .max).multipliedReportingOverflow(by: roundedCount)
        length = roundedCount > 0 && count > 0 ? overflow ? .max : all : 0
        shuffle = shuffleSeed.flatMap { seed in
            layout.count > 0 ? EndlessShuffle(count: layout.count, seed: seed) : nil
        }
    }

    mutating func index(at position: Int) -> Int {
        let (epoch, place) = position.quotientAndRemainder(dividingBy: roundedCount)
        let within = place < count ? place : place % count
        return shuffle?.element(within, ofEpoch: epoch) ?? within
    }
}

extension Sampler where Self == EpochsSampler {
    /// All samples in epochs.
    /// - Parameters:
    ///   - count: How many epochs; `nil` for no end.
    ///   - shuffle: Whether each epoch is shuffled.
    ///   - seed: What chooses the shuffles.
    ///   - rounding: What becomes of an epoch whose length isn't a multiple of something.
    public static func epochs(
        _ count: Int? = nil, shuffle: Bool = true, seed: UInt64 = 0,
        rounding: EpochRounding = .none
    ) -> Self {
        EpochsSampler(epochs: count, shuffles: shuffle, seed: seed, rounding: rounding)
    }
}
