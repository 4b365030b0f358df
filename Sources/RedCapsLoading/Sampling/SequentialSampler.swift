/// Every sample once, in the order of the list.
public struct SequentialSampler: PureSampler {
    /// `sequential:v1`.
    public var identity: String { "sequential:v1" }

    /// As many as there are samples.
    public func length(over layout: DatasetLayout) -> Int? { layout.count }

    /// The position itself.
    public func index(at position: Int, over layout: DatasetLayout) -> Int { position }
}

extension Sampler where Self == SequentialSampler {
    /// Every sample once, in the order of the list.
    public static var sequential: Self { SequentialSampler() }
}
