/// A stage of a sample that takes suspiciously long; it is reported while the others go on.
public struct LoadingStall: Sendable, CustomStringConvertible {
    /// What it is at.
    public let stage: LoadingStage
    /// The sample.
    public let index: Int
    /// The shard, member and offset, or what else the data set tells.
    public let place: String
    /// How long it has taken when it was noticed.
    public let duration: Duration

    /// The stage, the place and the time in one line.
    public var description: String {
        "\(stage) of \(place) (sample \(index)) has taken \(duration) so far"
    }
}
