/// Which of several processes this is that train together.
public struct DistributedContext: Sendable, Hashable {
    /// The number of this process, in `0 ..< worldSize`.
    public let rank: Int
    /// How many processes there are.
    public let worldSize: Int
    /// The number of this process among those of its node, if that is known.
    public let localRank: Int?
    /// Where the numbers came from.
    public let source: Source

    /// Where the numbers of a context came from.
    public enum Source: String, Sendable, CaseIterable, CustomStringConvertible {
        /// Given by hand.
        case given
        /// There is no launcher: one process by itself.
        case alone
        /// `torchrun`, or anything else that sets `RANK` and `WORLD_SIZE`.
        case torchrun
        /// Open MPI's `mpirun`.
        case openMPI
        /// A launcher that speaks PMI: MPICH's `mpiexec`, or `srun --mpi=pmi2`.
        case pmi
        /// A step of a Slurm job: `srun`.
        case slurm
        /// A Slurm job array.
        case jobArray

        /// A short text for a log.
        public var description: String {
            switch self {
            case .given: "given"
            case .alone: "no launcher"
            case .torchrun: "torchrun"
            case .openMPI: "Open MPI"
            case .pmi: "PMI"
            case .slurm: "a Slurm step"
            case .jobArray: "a Slurm job array"
            }
        }
    }

    /// A process by itself.
    public static let alone = DistributedContext()

    private init() { (rank, worldSize, localRank, source) = (0, 1, nil, .alone) }

    /// Names a process.
    /// - Throws: `LoaderError` for a rank that isn't in `0 ..< worldSize`.
    public init(rank: Int, worldSize: Int, localRank: Int? = nil) throws(LoaderError) {
        guard worldSize >= 1, (0..<worldSize).contains(rank) else {
            throw LoaderError("rank = \(rank) isn't in 0 ..< worldSize = \(worldSize)")
        }
        if let localRank, !(0..<worldSize).contains(localRank) {
            throw LoaderError("localRank = \(localRank) isn't in 0 ..< worldSize = \(worldSize)")
        }
        self.init(checked: rank, worldSize, localRank, .given)
    }

    init(checked rank: Int, _ worldSize: Int, _ localRank: Int?, _ source: Source) {
        self.rank = rank
        self.worldSize = worldSize
        self.localRank = localRank
        self.source = source
    }
}

extension DistributedContext: CustomStringConvertible {
    /// Rank, world size and where they came from, in one line.
    public var description: String {
        let local = localRank.map { ", local rank \($0)" } ?? ""
        return "rank \(rank) of \(worldSize)\(local) (\(source))"
    }
}
