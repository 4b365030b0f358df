/// Whether the variables of a Slurm step are those of this process, or of one further up.
///
/// A batch script, or an allocation, that was asked for from inside a step inherits all that Slurm doesn't
/// set anew: the number of the step's tasks among it (seen with Slurm 22.05).
enum SlurmStep {
    /// A task of the step.
    case task
    /// Not in the step.
    case script
    /// Either; nothing here tells which.
    case unknown

    private static let tasks = "SLURM_STEP_NUM_TASKS"
    private static let numbers = "SLURM_GTIDS"
    private static let stepTasks = "SLURM_STEP_TASKS_PER_NODE"
    private static let jobTasks = "SLURM_TASKS_PER_NODE"
    private static let stepNodes = "SLURM_STEP_NODELIST"
    private static let jobNodes = "SLURM_NODELIST"
    private static let job = "SLURM_JOB_ID"
    static let names = [numbers, stepTasks, jobTasks, stepNodes, jobNodes, job]

    /// - Parameter context: What the step's variables say of this process.
    init(in environment: Environment, _ context: DistributedContext) {
        self =
            context.worldSize == 1
            ? .task
            : Self.ofAncestors(environment) ?? Self.ofVariables(environment, context)
    }

    /// Which process of Slurm's this one descends from, where that can be seen. Slurm's keeper of a step
    /// is called `slurmstepd: [12.0]`, that of a batch script `slurmstepd: [12.batch]`.
    private static func ofAncestors(_ environment: Environment) -> SlurmStep? {
        for title in environment.ancestors() {
            let fields = title.split(separator: " ")
            if fields.first.map({ $0 == "salloc" || $0.hasSuffix("/salloc") }) ?? false {
                return .script
            }
            guard fields.count >= 2, fields[0] == "slurmstepd:", fields[1].first == "[",
                fields[1].last == "]"
            else { continue }
            let parts = fields[1].dropFirst().dropLast().split(separator: ".")
            guard parts.count == 2 else { return nil }
            if let job = environment.variables[job], job != parts[0] { return .script }
            return Int(parts[1]) == nil ? .script : .task
        }
        return nil
    }

    private static func ofVariables(
        _ environment: Environment, _ context: DistributedContext
    ) -> SlurmStep {
        let variables = environment.variables
        // Slurm names the tasks on this node, of a script the one that it is: 0.
        guard context.rank == 0, let numbers = variables[numbers], numbers == "0" else {
            return .task
        }
        if let tasks = variables[stepTasks], !begins(tasks, with: 1) { return .script }
        // For a step, Slurm says the same of the job.
        for (step, job) in [(stepTasks, jobTasks), (stepNodes, jobNodes)] {
            if let step = variables[step], let job = variables[job], step != job { return .script }
        }
        return .unknown
    }

    /// Whether a list of tasks on nodes, such as `2(x3),1`, has so many on the first.
    private static func begins(_ tasks: String, with count: Int) -> Bool {
        tasks.prefix { $0.isNumber } == "\(count)"
    }

    static func hasOneTaskOnEachNode(_ environment: Environment) -> Bool {
        guard let tasks = environment.variables[stepTasks] else { return false }
        return tasks == "1" || tasks.hasPrefix("1(") && !tasks.contains(",")
    }

    static func question(_ environment: Environment) -> LauncherError {
        environment.error(
            ["SLURM_PROCID", tasks, numbers, stepTasks, jobTasks],
            "the first task of a step looks like this, and so does a batch script that was submitted "
                + "from inside such a step; unset SLURM_STEP_NUM_TASKS in a script, or give rank and "
                + "number of processes by hand")
    }
}
