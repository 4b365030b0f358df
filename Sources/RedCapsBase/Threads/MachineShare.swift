extension WorkerThread {
    /// How many of the usable processors are this process's, where a launcher has started several on its
    /// machine: an equal part, at least one. A process that its launcher has bound to its part already has
    /// all of that.
    package static let ownCores: Int = MachineShare.ownCores(
        System.variable, ancestors: ProcessAncestors.all, allowed: allowedCores, quota: quotaCores)
}

/// What part of a machine is one process's of several.
package enum MachineShare {
    /// The processors that a process takes.
    /// - Parameters:
    ///   - variable: Looks a variable of the environment up.
    ///   - ancestors: The processes that started this one, the nearest first.
    ///   - allowed: How many processors it may run on.
    ///   - quota: How many its control groups leave it and all others in them, `Int.max` for no limit.
    package static func ownCores(
        _ variable: (String) -> String?, ancestors: () -> [ProcessAncestors.Process], allowed: Int,
        quota: Int
    ) -> Int {
        let (launched, tasks) = (launchedProcesses(variable), stepTasks(variable))
        let step = stepCores(variable)
        // Where Slurm confines nothing, the node's other processors are other jobs' all the same. MPI's
        // daemons are in steps of their own, of which that can't be said.
        let isOfMPI = mpiNames.contains { variable($0) != nil }
        let allowed = isOfMPI ? allowed : min(allowed, step ?? .max)
        // torchrun in each of several tasks divides a task's part, and binds nothing.
        let isNested = tasks > 1 && launched > 1 && variable("TORCHELASTIC_RUN_ID") != nil
        let local = isNested ? tasks : localProcesses(variable)
        guard local > 1 else { return max(1, min(allowed, quota)) }
        let part = cores(
            allowed: allowed, machine: step ?? launcherCores(ancestors()), quota: quota,
            local: local)
        return isNested ? max(1, part / launched) : part
    }

    /// How many processes a launcher has started on this machine: torchrun, Open MPI, MPICH, or Slurm,
    /// which names the tasks on a node; 1 if none says so.
    package static func localProcesses(_ variable: (String) -> String?) -> Int {
        max(launchedProcesses(variable), stepTasks(variable))
    }

    private static let mpiNames = ["OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS"]

    private static func launchedProcesses(_ variable: (String) -> String?) -> Int {
        for name in ["LOCAL_WORLD_SIZE"] + mpiNames {
            if let count = variable(name).flatMap({ Int($0) }), (1...4096).contains(count) {
                return count
            }
        }
        return 1
    }

    private static func stepTasks(_ variable: (String) -> String?) -> Int {
        guard let tasks = variable("SLURM_GTIDS"), variable("SLURM_STEP_NUM_TASKS") != nil else {
            return 1
        }
        return min(4096, max(1, tasks.split(separator: ",").count))
    }

    /// The processors of this node that a Slurm step may use, all its tasks together.
    private static func stepCores(_ variable: (String) -> String?) -> Int? {
        guard variable("SLURM_STEP_NUM_TASKS") != nil else { return nil }
        return variable("SLURM_CPUS_ON_NODE").flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    }

    /// The processors that a launcher may use: the most that any process may run on from this one's parent
    /// up to the launcher, so that what the launcher itself was confined to isn't taken for a binding.
    /// Where none of them looks like a launcher, all count; 0 without any.
    package static func launcherCores(_ ancestors: [ProcessAncestors.Process]) -> Int {
        let last = ancestors.firstIndex { isLauncher($0.title) } ?? ancestors.count - 1
        return ancestors.prefix(last + 1).map(\.allowedCores).max() ?? 0
    }

    private static let launchers: Set<String> = [
        "torchrun", "mpirun", "mpiexec", "mpiexec.hydra", "orterun", "orted", "prterun", "prte",
        "prted", "hydra_pmi_proxy",
    ]

    /// Whether the first words of a command line name a launcher: `/usr/bin/python3 /usr/bin/torchrun`,
    /// `python -m torch.distributed.run`.
    private static func isLauncher(_ title: String) -> Bool {
        title.split(separator: " ").prefix(4).contains { word in
            word.contains("torch.distributed")
                || word.split(separator: "/").last.map { launchers.contains(String($0)) } ?? false
        }
    }

    /// The processors that one of several processes takes.
    /// - Parameters:
    ///   - allowed: How many it may run on.
    ///   - machine: How many all of them may run on together; 0 if that isn't known.
    ///   - quota: How many their control group leaves all of them, `Int.max` for no limit.
    ///   - local: How many processes there are.
    package static func cores(allowed: Int, machine: Int, quota: Int, local: Int) -> Int {
        // Bound to its part: it has fewer than the machine, and no more than that part.
        let isBound = allowed < machine && allowed <= (machine + local - 1) / local
        let own = isBound ? allowed : allowed / local
        return max(1, min(own, quota == .max ? quota : quota / local))
    }
}
