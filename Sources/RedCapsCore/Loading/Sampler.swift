/// The order in which samples are loaded.
///
/// A sampler is a plain value; a cursor is made at any position at once, which is what a resume
/// needs.
public protocol Sampler: Sendable {
    /// Gives the index of one position after the other; ends where the order does.
    associatedtype Cursor: IteratorProtocol<Int> & Sendable

    /// Names the order for checkpoints: equal identities give equal orders.
    var identity: String { get }

    /// A cursor that begins at a position of the order over `count` samples.
    func makeCursor(at position: Int, count: Int) -> Cursor
}

/// Every sample once, in the order of the list.
public struct SequentialSampler: Sampler {
    /// `sequential:v1`.
    public var identity: String { "sequential:v1" }

    /// The rest of the list, without repetition.
    public func makeCursor(at position: Int, count: Int) -> Range<Int>.Iterator {
        (min(max(0, position), max(0, count))..<max(0, count)).makeIterator()
    }
}

/// All samples again and again: shuffled anew each time, or in the order of the list. Version 1 of
/// `Docs/Order.md`.
public struct InfiniteSampler: Sampler {
    /// Whether each epoch is shuffled.
    public let shuffles: Bool
    /// What chooses the shuffles.
    public let seed: UInt64

    /// The order's version, and the seed when it shuffles.
    public var identity: String { shuffles ? "infinite:v1:shuffled:\(seed)" : "infinite:v1" }

    /// Walks one epoch after the other.
    public struct Cursor: IteratorProtocol, Sendable {
        private let sampler: InfiniteSampler
        private let count: Int
        private var position: Int
        private var permutation: KeyedPermutation

        fileprivate init(_ sampler: InfiniteSampler, _ position: Int, _ count: Int) {
            self.sampler = sampler
            self.count = count
            self.position = max(0, position)
            permutation = .init(
                count: max(1, count), seed: sampler.seed, epoch: self.position / max(1, count))
        }

        /// The next index; there always is one, unless there are no samples.
        public mutating func next() -> Int? {
            guard count > 0 else { return nil }
            let place = position % count
            if place == 0, sampler.shuffles {
                permutation = .init(count: count, seed: sampler.seed, epoch: position / count)
            }
            position += 1
            return sampler.shuffles ? permutation[place] : place
        }
    }

    /// The order from a position on, in constant time and memory.
    public func makeCursor(at position: Int, count: Int) -> Cursor {
        Cursor(self, position, count)
    }
}

extension Sampler where Self == SequentialSampler {
    /// Every sample once, in the order of the list.
    public static var sequential: Self { SequentialSampler() }
}

extension Sampler where Self == InfiniteSampler {
    /// All samples again and again: shuffled anew each time, or in the order of the list.
    public static func infinite(shuffle: Bool = true, seed: UInt64 = 0) -> Self {
        InfiniteSampler(shuffles: shuffle, seed: seed)
    }
}
