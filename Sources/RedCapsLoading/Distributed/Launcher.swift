/// The variables by which a program that starts processes numbers them.
struct Launcher: Sendable {
    let source: DistributedContext.Source
    let rank: String
    let worldSize: String
    let localRank: String
    /// Whether a variable for the local rank says that this launcher is at work.
    var localRankCounts = true
    /// Whether the variable for the rank does, without that for the number of processes.
    var rankCounts = true

    var names: [String] { [rank, worldSize, localRank] }

    static let torchrun = Launcher(
        source: .torchrun, rank: "RANK", worldSize: "WORLD_SIZE", localRank: "LOCAL_RANK")
    static let openMPI = Launcher(
        source: .openMPI, rank: "OMPI_COMM_WORLD_RANK", worldSize: "OMPI_COMM_WORLD_SIZE",
        localRank: "OMPI_COMM_WORLD_LOCAL_RANK")
    /// MPICH's launcher sets the local rank under Intel's name.
    static let pmi = Launcher(
        source: .pmi, rank: "PMI_RANK", worldSize: "PMI_SIZE", localRank: "MPI_LOCALRANKID",
        localRankCounts: false)
    /// A batch script has a rank, 0, and a local rank, but is no step.
    static let slurm = Launcher(
        source: .slurm, rank: "SLURM_PROCID", worldSize: "SLURM_STEP_NUM_TASKS",
        localRank: "SLURM_LOCALID", localRankCounts: false, rankCounts: false)

    static let all = [torchrun, openMPI, pmi, slurm]

    private static let pmixRank = "PMIX_RANK"
    static let otherNames = [pmixRank] + SlurmStep.names

    /// What the launchers say; `nil` if there is none.
    static func context(in environment: Environment) throws(LauncherError) -> DistributedContext? {
        if let context = try torchrun.context(in: environment) { return context }
        var found: (launcher: Launcher, context: DistributedContext)?
        for launcher in [openMPI, pmi, slurm] {
            guard let context = try launcher.context(in: environment) else { continue }
            let step = launcher.source == .slurm ? SlurmStep(in: environment, context) : nil
            if step == .script { continue }
            guard let first = found else {
                if step == .unknown { throw SlurmStep.question(environment) }
                found = (launcher, context)
                continue
            }
            if step == .unknown || launcher.startsDaemons(context, for: first.context, environment)
            {
                continue
            }
            guard context.rank == first.context.rank,
                context.worldSize == first.context.worldSize
            else {
                throw environment.error(
                    [first.launcher, launcher].flatMap { [$0.rank, $0.worldSize] },
                    "\(first.context.source) and \(context.source) disagree")
            }
            found?.context = DistributedContext(
                checked: context.rank, context.worldSize,
                first.context.localRank ?? context.localRank, first.context.source)
        }
        guard environment.has(pmixRank) else { return found?.context }
        // PMIx gives the number of processes through its library only, not by a variable.
        guard let found else {
            throw environment.error(
                [pmixRank], "a rank without the number of processes; give both by hand")
        }
        let names = [found.launcher.rank, found.launcher.worldSize]
        guard try environment.number(pmixRank, with: []) == found.context.rank else {
            throw environment.error([pmixRank] + names, "PMIx and \(found.context.source) disagree")
        }
        return found.context
    }

    /// MPI's own launchers start a daemon on each node of a Slurm job as a step with one task on
    /// each, whose variables their processes inherit: also on nodes that get no process. As nodes are
    /// filled in their order, a process lies on no later node than its rank says.
    private func startsDaemons(
        _ step: DistributedContext, for mpi: DistributedContext, _ environment: Environment
    ) -> Bool {
        source == .slurm && SlurmStep.hasOneTaskOnEachNode(environment)
            && (step.worldSize <= mpi.worldSize || step.rank <= mpi.rank)
    }

    /// What this launcher says; `nil` if it isn't at work.
    private func context(in environment: Environment) throws(LauncherError) -> DistributedContext? {
        guard
            environment.has(worldSize) || rankCounts && environment.has(rank)
                || localRankCounts && environment.has(localRank)
        else { return nil }
        let number = try environment.number(rank, with: names)
        let count = try environment.number(worldSize, with: names)
        let local =
            environment.has(localRank) ? try environment.number(localRank, with: names) : nil
        guard number < count, local ?? 0 < count else {
            throw environment.error(names, "a rank isn't less than the number of processes")
        }
        return DistributedContext(checked: number, count, local, source)
    }
}

/// The variables of a Slurm job array.
enum JobArray {
    private static let id = "SLURM_ARRAY_TASK_ID"
    private static let first = "SLURM_ARRAY_TASK_MIN"
    private static let last = "SLURM_ARRAY_TASK_MAX"
    private static let step = "SLURM_ARRAY_TASK_STEP"
    private static let count = "SLURM_ARRAY_TASK_COUNT"
    static let names = [id, first, last, step, count]

    static func context(in environment: Environment) throws(LauncherError) -> DistributedContext {
        let id = try environment.number(id, with: names)
        let first = try environment.number(first, with: names)
        let last = try environment.number(last, with: names)
        let step = try environment.number(step, with: names)
        let count = try environment.number(count, with: names)
        // Slurm gives the tasks' numbers by these only if they are evenly spaced.
        guard step > 0, first <= id, id <= last, (id - first).isMultiple(of: step),
            (last - first).isMultiple(of: step), (last - first) / step == count - 1
        else {
            throw environment.error(
                names, "ranks need an array of evenly spaced tasks, such as --array=0-7")
        }
        return DistributedContext(checked: (id - first) / step, count, nil, .jobArray)
    }
}
