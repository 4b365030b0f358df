import Foundation
import RedCapsLoading
import TestSupport
import Testing

@Suite("Ranks")
struct DistributedContextTests {
    /// What `srun -n 4` gives the third task, on the second node, besides its step's own.
    private static let slurmJob = [
        "SLURM_NTASKS": "4", "SLURM_NPROCS": "4", "SLURM_PROCID": "2", "SLURM_LOCALID": "0",
        "SLURM_NODEID": "1", "SLURM_TASKS_PER_NODE": "2(x2)",
    ]
    private static let slurmStep = slurmJob.merging([
        "SLURM_STEP_NUM_TASKS": "4", "SLURM_STEP_ID": "0", "SLURM_STEP_TASKS_PER_NODE": "2(x2)",
    ]) { $1 }
    private static let torchrun = [
        "RANK": "5", "WORLD_SIZE": "8", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "4",
        "GROUP_RANK": "1", "MASTER_ADDR": "127.0.0.1",
    ]
    private static let openMPI = [
        "OMPI_COMM_WORLD_RANK": "3", "OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_LOCAL_RANK": "1",
        "PMIX_RANK": "3", "PMIX_NAMESPACE": "246415361",
    ]
    private static let array = [
        "SLURM_ARRAY_TASK_ID": "5", "SLURM_ARRAY_TASK_MIN": "2", "SLURM_ARRAY_TASK_MAX": "8",
        "SLURM_ARRAY_TASK_STEP": "3", "SLURM_ARRAY_TASK_COUNT": "3", "SLURM_PROCID": "0",
        "SLURM_LOCALID": "0", "SLURM_NTASKS": "1",
    ]

    private func text(
        _ environment: [String: String]..., by numbering: DistributedContext.Numbering = .launcher
    ) -> String {
        do {
            let all = environment.reduce(into: [:]) { all, more in all.merge(more) { $1 } }
            return try DistributedContext(environment: all, numbering).description
        } catch {
            return "\(error)"
        }
    }

    @Test("A process without a launcher is by itself")
    func alone() throws {
        let context = try DistributedContext(environment: ["HOME": "/root"])
        #expect(context == .alone)
        #expect((context.rank, context.worldSize, context.source) == (0, 1, .alone))
        #expect(context.localRank == nil)
        #expect(context.description == "rank 0 of 1 (no launcher)")
    }

    @Test("A context given by hand is checked")
    func given() throws {
        let context = try DistributedContext(rank: 3, worldSize: 4)
        #expect(context.description == "rank 3 of 4 (given)")
        #expect(try DistributedContext(rank: 3, worldSize: 4, localRank: 1).localRank == 1)
        for (rank, worldSize) in [(4, 4), (-1, 4), (0, 0), (0, -1)] {
            #expect(throws: LoaderError.self) {
                try DistributedContext(rank: rank, worldSize: worldSize)
            }
        }
        #expect(throws: LoaderError.self) {
            try DistributedContext(rank: 0, worldSize: 1, localRank: 1)
        }
    }

    @Test("Each launcher's variables are understood")
    func launchers() {
        #expect(text(Self.torchrun) == "rank 5 of 8, local rank 1 (torchrun)")
        #expect(text(["RANK": "0", "WORLD_SIZE": "1"]) == "rank 0 of 1 (torchrun)")
        #expect(text(Self.openMPI) == "rank 3 of 4, local rank 1 (Open MPI)")
        #expect(
            text(["PMI_RANK": "1", "PMI_SIZE": "2", "MPI_LOCALRANKID": "0"])
                == "rank 1 of 2, local rank 0 (PMI)")
        #expect(text(Self.slurmStep) == "rank 2 of 4, local rank 0 (a Slurm step)")
    }

    @Test("A Slurm batch script is by itself, whatever the tasks of its job")
    func batchScript() {
        #expect(
            text(Self.slurmJob, ["SLURM_PROCID": "0", "SLURM_NODEID": "0"])
                == "rank 0 of 1 (no launcher)")
        #expect(text(["SLURM_NTASKS": "3", "SLURM_NPROCS": "3"]) == "rank 0 of 1 (no launcher)")
        #expect(
            text(["SLURM_STEP_NUM_TASKS": "1", "SLURM_PROCID": "0", "SLURM_NTASKS": "4"])
                == "rank 0 of 1 (a Slurm step)")
    }

    @Test("torchrun wins over Slurm and MPI")
    func torchrunFirst() {
        #expect(
            text(Self.slurmStep, Self.openMPI, Self.torchrun)
                == "rank 5 of 8, local rank 1 (torchrun)")
    }

    @Test("Launchers that agree are one, and add what the other doesn't say")
    func agreement() {
        #expect(
            text(Self.slurmStep, ["PMI_RANK": "2", "PMI_SIZE": "4"])
                == "rank 2 of 4, local rank 0 (PMI)")
        #expect(
            text(Self.slurmStep, ["PMIX_RANK": "2"]) == "rank 2 of 4, local rank 0 (a Slurm step)")
        #expect(
            text(Self.openMPI, ["PMI_RANK": "3", "PMI_SIZE": "4"])
                == "rank 3 of 4, local rank 1 (Open MPI)")
    }

    @Test("The step of MPI's daemons, one on each node, isn't that of its processes")
    func daemons() {
        let daemons = [
            "SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": "1", "SLURM_LOCALID": "0",
            "SLURM_STEP_TASKS_PER_NODE": "1(x2)",
        ]
        #expect(text(Self.openMPI, daemons) == "rank 3 of 4, local rank 1 (Open MPI)")
        #expect(
            text(
                Self.openMPI, daemons,
                [
                    "SLURM_STEP_NUM_TASKS": "1", "SLURM_PROCID": "0",
                    "SLURM_STEP_TASKS_PER_NODE": "1",
                ])
                == "rank 3 of 4, local rank 1 (Open MPI)")
        // On nodes without a process of MPI's there is a daemon, too: `salloc -N 2 mpirun -np 1`.
        #expect(
            text(
                ["OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "1", "PMIX_RANK": "0"],
                daemons, ["SLURM_PROCID": "0", "SLURM_GTIDS": "0", "SLURM_TASKS_PER_NODE": "1(x2)"])
                == "rank 0 of 1 (Open MPI)")
        #expect(
            text(
                ["OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "2"], daemons,
                ["SLURM_STEP_NUM_TASKS": "3", "SLURM_STEP_TASKS_PER_NODE": "1(x3)"])
                == "rank 1 of 2 (Open MPI)")
        // A step that a process of MPI's has started itself isn't that of its daemons.
        #expect(
            text(
                ["OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "1"], daemons)
                == "OMPI_COMM_WORLD_RANK=0, OMPI_COMM_WORLD_SIZE=1, SLURM_PROCID=1, "
                + "SLURM_STEP_NUM_TASKS=2: Open MPI and a Slurm step disagree")
    }

    /// What Slurm 22.05 gives a batch script that was submitted from inside a step of two tasks.
    private static let inherited = [
        "SLURM_PROCID": "0", "SLURM_LOCALID": "0", "SLURM_GTIDS": "0", "SLURM_NTASKS": "1",
        "SLURM_TASKS_PER_NODE": "1", "SLURM_NODELIST": "nodeB", "SLURM_STEP_NUM_TASKS": "2",
        "SLURM_STEP_TASKS_PER_NODE": "2", "SLURM_STEP_NODELIST": "nodeA", "SLURM_JOB_ID": "5",
    ]
    /// What it gives the first task of a step with one on each of two nodes, and a batch script that was
    /// submitted from inside such a step.
    private static let onePerNode = [
        "SLURM_PROCID": "0", "SLURM_LOCALID": "0", "SLURM_GTIDS": "0", "SLURM_NTASKS": "2",
        "SLURM_TASKS_PER_NODE": "1(x2)", "SLURM_NODELIST": "nodeA,nodeB",
        "SLURM_STEP_NUM_TASKS": "2", "SLURM_STEP_TASKS_PER_NODE": "1(x2)",
        "SLURM_STEP_NODELIST": "nodeA,nodeB", "SLURM_JOB_ID": "5",
    ]

    @Test("A batch script that was submitted from inside a step is by itself")
    func inheritedStep() {
        let alone = "rank 0 of 1 (no launcher)"
        #expect(text(Self.inherited) == alone)
        // One number of a task where the step has two on the node; another layout; other nodes.
        #expect(
            text(Self.inherited, ["SLURM_TASKS_PER_NODE": "2", "SLURM_NODELIST": "nodeA"]) == alone)
        #expect(text(Self.onePerNode, ["SLURM_TASKS_PER_NODE": "1"]) == alone)
        #expect(text(Self.onePerNode, ["SLURM_STEP_NODELIST": "nodeB,nodeC"]) == alone)
        #expect(text(Self.inherited, ["RANK": "1", "WORLD_SIZE": "2"]) == "rank 1 of 2 (torchrun)")
        #expect(
            text(Self.inherited, Self.openMPI) == "rank 3 of 4, local rank 1 (Open MPI)")
        #expect(
            text(Self.inherited, Self.array, by: .jobArray) == "rank 1 of 3 (a Slurm job array)")
    }

    @Test("A task of a step is known by its number, or by those of its node")
    func tasks() {
        let tasks = Self.inherited.merging([
            "SLURM_TASKS_PER_NODE": "2", "SLURM_NODELIST": "nodeA", "SLURM_GTIDS": "0,1",
        ]) { $1 }
        #expect(text(tasks) == "rank 0 of 2, local rank 0 (a Slurm step)")
        #expect(
            text(Self.onePerNode, ["SLURM_PROCID": "1", "SLURM_GTIDS": "1"])
                == "rank 1 of 2, local rank 0 (a Slurm step)")
    }

    @Test("Where a script can't be told from a step's first task, that is said")
    func question() {
        let question = text(Self.onePerNode)
        #expect(
            question.hasPrefix(
                "SLURM_GTIDS=0, SLURM_PROCID=0, SLURM_STEP_NUM_TASKS=2, "
                    + "SLURM_STEP_TASKS_PER_NODE=1(x2), SLURM_TASKS_PER_NODE=1(x2): "))
        #expect(question.contains("unset SLURM_STEP_NUM_TASKS in a script"))
        // Others know.
        #expect(
            text(Self.onePerNode, ["PMI_RANK": "0", "PMI_SIZE": "2"]) == "rank 0 of 2 (PMI)")
        #expect(
            text(Self.onePerNode, ["RANK": "0", "WORLD_SIZE": "2"]) == "rank 0 of 2 (torchrun)")
    }

    @Test("Slurm's keeper further up tells a script from a step, whatever variables say")
    func ancestors() throws {
        func text(_ environment: [String: String], _ titles: String...) -> String {
            do {
                return try DistributedContext(environment: environment, ancestors: titles)
                    .description
            } catch {
                return "\(error)"
            }
        }
        let (first, alone) = (
            "rank 0 of 2, local rank 0 (a Slurm step)", "rank 0 of 1 (no launcher)"
        )
        #expect(text(Self.onePerNode, "bash", "slurmstepd: [5.1]    ", "slurmd") == first)
        #expect(
            text(Self.onePerNode, "/bin/sh /spool/job5/slurm_script", "slurmstepd: [5.batch]")
                == alone)
        #expect(text(Self.onePerNode, "slurmstepd: [5.interactive]") == alone)
        // `srun --preserve-env` leaves the job's layout.
        #expect(
            text(
                Self.onePerNode.merging(["SLURM_TASKS_PER_NODE": "2(x2)"]) { $1 },
                "slurmstepd: [5.2]") == first)
        // An allocation that was asked for from inside a step of another job.
        #expect(text(Self.onePerNode, "bash", "salloc -n 1", "slurmstepd: [4.0]") == alone)
        #expect(text(Self.onePerNode, "/usr/bin/salloc", "slurmstepd: [5.0]") == alone)
        #expect(text(Self.onePerNode, "slurmstepd: [4.0]") == alone)
        #expect(text(Self.onePerNode, "slurmstepd:", "slurmstepd: x", "").contains("unset"))
    }

    @Test("Launchers that disagree are refused")
    func disagreement() {
        #expect(
            text(Self.openMPI, Self.slurmStep)
                == "OMPI_COMM_WORLD_RANK=3, OMPI_COMM_WORLD_SIZE=4, SLURM_PROCID=2, "
                + "SLURM_STEP_NUM_TASKS=4: Open MPI and a Slurm step disagree")
        #expect(
            text(Self.openMPI, ["PMI_RANK": "3", "PMI_SIZE": "5"])
                == "OMPI_COMM_WORLD_RANK=3, OMPI_COMM_WORLD_SIZE=4, PMI_RANK=3, PMI_SIZE=5: "
                + "Open MPI and PMI disagree")
        #expect(
            text(Self.openMPI, ["PMIX_RANK": "2"])
                == "OMPI_COMM_WORLD_RANK=3, OMPI_COMM_WORLD_SIZE=4, PMIX_RANK=2: "
                + "PMIx and Open MPI disagree")
    }

    @Test("Half of the variables is refused, with the one that is needed")
    func halves() {
        #expect(
            text(["RANK": "0"]) == "RANK=0, WORLD_SIZE is not set: WORLD_SIZE is needed as well")
        #expect(
            text(["WORLD_SIZE": "4"]) == "RANK is not set, WORLD_SIZE=4: RANK is needed as well")
        #expect(
            text(["LOCAL_RANK": "1"]) == "LOCAL_RANK=1, RANK is not set: RANK is needed as well")
        #expect(
            text(["OMPI_COMM_WORLD_SIZE": "4"])
                == "OMPI_COMM_WORLD_RANK is not set, OMPI_COMM_WORLD_SIZE=4: "
                + "OMPI_COMM_WORLD_RANK is needed as well")
        #expect(
            text(["PMI_RANK": "1"]) == "PMI_RANK=1, PMI_SIZE is not set: PMI_SIZE is needed as well"
        )
        #expect(
            text(["SLURM_STEP_NUM_TASKS": "4"])
                == "SLURM_PROCID is not set, SLURM_STEP_NUM_TASKS=4: SLURM_PROCID is needed as well"
        )
        #expect(
            text(["PMIX_RANK": "1"])
                == "PMIX_RANK=1: a rank without the number of processes; give both by hand")
    }

    @Test("What is no number, or too large, is refused")
    func nonsense() {
        for value in ["", "one", "-1", "1.5", "99999999999999999999"] {
            #expect(
                text(["RANK": value, "WORLD_SIZE": "4"])
                    == "RANK=\(value): not a number from 0 on")
        }
        #expect(
            text(["RANK": "4", "WORLD_SIZE": "4"])
                == "RANK=4, WORLD_SIZE=4: a rank isn't less than the number of processes")
        #expect(
            text(["RANK": "0", "WORLD_SIZE": "0"])
                == "RANK=0, WORLD_SIZE=0: a rank isn't less than the number of processes")
        #expect(
            text(["RANK": "0", "WORLD_SIZE": "2", "LOCAL_RANK": "2"])
                == "LOCAL_RANK=2, RANK=0, WORLD_SIZE=2: "
                + "a rank isn't less than the number of processes")
        #expect(
            text(Self.slurmStep, ["SLURM_PROCID": "x"]) == "SLURM_PROCID=x: not a number from 0 on")
    }

    @Test("A job array gives ranks only when it is asked for")
    func jobArrays() {
        #expect(text(Self.array) == "rank 0 of 1 (no launcher)")
        #expect(text(Self.array, by: .jobArray) == "rank 1 of 3 (a Slurm job array)")
        #expect(
            text(Self.array, ["SLURM_ARRAY_TASK_ID": "8"], by: .jobArray)
                == "rank 2 of 3 (a Slurm job array)")
        #expect(
            text(Self.array, ["SLURM_STEP_NUM_TASKS": "1"], by: .jobArray)
                == "rank 1 of 3 (a Slurm job array)")
    }

    @Test("A job array that gives no ranks is refused")
    func oddJobArrays() {
        #expect(
            text(["SLURM_PROCID": "0"], by: .jobArray)
                == "SLURM_ARRAY_TASK_ID is not set: SLURM_ARRAY_TASK_ID is needed as well")
        // --array=0,1,7
        let uneven = [
            "SLURM_ARRAY_TASK_ID": "1", "SLURM_ARRAY_TASK_MIN": "0", "SLURM_ARRAY_TASK_MAX": "7",
            "SLURM_ARRAY_TASK_STEP": "1", "SLURM_ARRAY_TASK_COUNT": "3",
        ]
        #expect(
            text(uneven, by: .jobArray)
                == "SLURM_ARRAY_TASK_COUNT=3, SLURM_ARRAY_TASK_ID=1, SLURM_ARRAY_TASK_MAX=7, "
                + "SLURM_ARRAY_TASK_MIN=0, SLURM_ARRAY_TASK_STEP=1: "
                + "ranks need an array of evenly spaced tasks, such as --array=0-7")
        for (name, value) in [
            ("SLURM_ARRAY_TASK_STEP", "0"), ("SLURM_ARRAY_TASK_ID", "9"),
            ("SLURM_ARRAY_TASK_ID", "4"), ("SLURM_ARRAY_TASK_COUNT", "0"),
            ("SLURM_ARRAY_TASK_MAX", "\(Int.max)"),
        ] {
            #expect(
                text(Self.array, [name: value], by: .jobArray)
                    .hasSuffix("ranks need an array of evenly spaced tasks, such as --array=0-7"))
        }
        #expect(
            text(Self.array, Self.slurmStep, by: .jobArray)
                .hasSuffix(
                    "each task of the job array has several processes, "
                        + "which can't be told apart by it"))
    }

    @Test("A process reads its own environment")
    func ownEnvironment() throws {
        let own = ProcessInfo.processInfo.environment
        #expect(try DistributedContext.fromEnvironment() == DistributedContext(environment: own))
    }
}
