import RedCapsBase
import TestSupport
import Testing

@Suite("The cores that a control group leaves")
struct UsableCoresTests {
    private func cores(_ membership: String, _ files: [String: String]) throws -> Int {
        let folder = try TemporaryFolder()
        for (path, text) in files { try folder.write("cgroup/" + path, text) }
        let process = try folder.write("membership", membership)
        return ControlGroup.cores(root: folder["cgroup"], process: process)
    }

    @Test("Version 2: the least quota of the group and those around it, rounded up")
    func second() throws {
        #expect(
            try cores(
                "0::/a/b\n",
                [
                    "a/b/cpu.max": "max 100000\n", "a/cpu.max": "250000 100000\n",
                    "cpu.max": "max 1\n",
                ]
            ) == 3)
        #expect(try cores("0::/a/b\n", ["cpu.max": "50000 100000\n"]) == 1)
        #expect(try cores("0::/\n", ["cpu.max": "max 100000\n"]) == .max)
    }

    @Test("Version 1: the quota of the controller for processors")
    func first() throws {
        let files = [
            "cpu/x/cpu.cfs_quota_us": "400000\n", "cpu/x/cpu.cfs_period_us": "100000\n",
            "memory/x/cpu.cfs_quota_us": "100000\n", "memory/x/cpu.cfs_period_us": "100000\n",
        ]
        #expect(try cores("5:memory:/x\n4:cpu,cpuacct:/x\n", files) == 4)
        #expect(
            try cores(
                "1:cpu:/\n", ["cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"])
                == .max)
    }

    @Test("Without control groups there is no limit, and this process has a core at least")
    func none() throws {
        #expect(try cores("nonsense\n::\n", [:]) == .max)
        #expect(ControlGroup.cores(root: "/nowhere", process: "/nowhere") == .max)
        #expect(WorkerThread.usableCores >= 1)
    }
}

@Suite("The part of a machine that is one process's of several")
struct MachineShareTests {
    private func local(_ variables: [String: String]) -> Int {
        MachineShare.localProcesses { variables[$0] }
    }

    @Test("Launchers say how many processes they have started on the machine")
    func launchers() {
        let slurm = ["SLURM_STEP_NUM_TASKS": "4", "SLURM_GTIDS": "2,3"]
        #expect(local([:]) == 1)
        #expect(local(["LOCAL_WORLD_SIZE": "4"]) == 4)
        #expect(local(["OMPI_COMM_WORLD_LOCAL_SIZE": "3"]) == 3)
        #expect(local(["MPI_LOCALNRANKS": "2"]) == 2)
        #expect(local(slurm) == 2)
        // torchrun, or mpirun, in one task of a step.
        #expect(local(slurm.merging(["LOCAL_WORLD_SIZE": "8"]) { $1 }) == 8)
        // A batch script.
        #expect(local(["SLURM_GTIDS": "0", "SLURM_NTASKS": "4"]) == 1)
        for nonsense in ["", "0", "-1", "x", "99999999999999999999"] {
            #expect(local(["LOCAL_WORLD_SIZE": nonsense]) == 1)
        }
    }

    @Test("A process takes an equal part, or what it is bound to")
    func parts() {
        func cores(
            _ allowed: Int, of machine: Int, _ local: Int, quota: Int = .max
        ) -> Int {
            MachineShare.cores(allowed: allowed, machine: machine, quota: quota, local: local)
        }
        #expect(cores(64, of: 64, 8) == 8)
        #expect(cores(10, of: 10, 4) == 2)
        #expect(cores(2, of: 2, 4) == 1)
        // Bound by the launcher: to its part, to less, or to one half of two processes' each.
        #expect(cores(8, of: 64, 8) == 8)
        #expect(cores(1, of: 64, 8) == 1)
        #expect(cores(32, of: 64, 2) == 32)
        #expect(cores(32, of: 64, 8) == 4)
        // A container of 8 of a machine's processors, whose other processors can't be seen.
        #expect(cores(8, of: 8, 4) == 2)
        #expect(cores(8, of: 0, 4) == 2)
        // A quota is one of all processes.
        #expect(cores(64, of: 64, 8, quota: 16) == 2)
        #expect(cores(8, of: 64, 8, quota: 16) == 2)
        #expect(cores(64, of: 64, 8, quota: 4) == 1)
    }

    private func own(
        _ variables: [String: String], allowed: Int, quota: Int = .max,
        ancestors: [(String, Int)] = []
    ) -> Int {
        MachineShare.ownCores(
            { variables[$0] },
            ancestors: {
                ancestors.map { ProcessAncestors.Process(title: $0.0, allowedCores: $0.1) }
            },
            allowed: allowed, quota: quota)
    }

    @Test("A task of Slurm's takes its part of the step, bound or not; torchrun's, a part of that")
    func slurm() {
        func step(_ tasks: Int, _ cores: Int, _ more: [String: String] = [:]) -> [String: String] {
            [
                "SLURM_STEP_NUM_TASKS": "\(tasks)", "SLURM_CPUS_ON_NODE": "\(cores)",
                "SLURM_GTIDS": (0..<tasks).map(String.init).joined(separator: ","),
            ].merging(more) { $1 }
        }
        #expect(own(step(4, 32), allowed: 8) == 8)
        #expect(own(step(4, 32), allowed: 32) == 8)
        // Nothing keeps the job from the rest of the node.
        #expect(own(step(4, 32), allowed: 128) == 8)
        #expect(own(step(1, 4), allowed: 128) == 4)
        #expect(own(step(8, 4), allowed: 4) == 1)
        #expect(own(step(1, 0), allowed: 6) == 6)
        let agent = ["LOCAL_WORLD_SIZE": "4", "TORCHELASTIC_RUN_ID": "none"]
        #expect(own(step(1, 32, agent), allowed: 32) == 8)
        #expect(own(step(2, 64, agent), allowed: 32) == 8)
        #expect(own(step(2, 64, agent), allowed: 64) == 8)
        #expect(own(step(8, 8, agent), allowed: 1) == 1)
        // The same processes, numbered by hand.
        #expect(own(step(8, 64, ["LOCAL_WORLD_SIZE": "8"]), allowed: 64) == 8)
        // MPI's daemon may be in a step of a single processor.
        #expect(own(step(1, 1, ["OMPI_COMM_WORLD_LOCAL_SIZE": "4"]), allowed: 32) == 8)
        #expect(own(step(4, 32), allowed: 32, quota: 8) == 2)
    }

    @Test("What a launcher was confined to isn't taken for its processes' binding")
    func confined() {
        let torchrun = ["LOCAL_WORLD_SIZE": "4"]
        let shell = ("-bash", 64)
        for title in [
            "/usr/bin/python3 /usr/bin/torchrun --nproc-per-node 4 train.py",
            "python -m torch.distributed.run train.py",
        ] {
            #expect(own(torchrun, allowed: 8, ancestors: [(title, 8), shell]) == 2)
            #expect(own(torchrun, allowed: 64, ancestors: [(title, 64), shell]) == 16)
            // Bound one by one, with a shell in between.
            #expect(own(torchrun, allowed: 2, ancestors: [("sh", 2), (title, 8), shell]) == 2)
        }
        let mpi = ["OMPI_COMM_WORLD_LOCAL_SIZE": "4"]
        #expect(own(mpi, allowed: 2, ancestors: [("mpirun -np 4 a", 8), shell]) == 2)
        #expect(own(mpi, allowed: 8, ancestors: [("mpirun -np 4 a", 8), shell]) == 2)
        #expect(own(mpi, allowed: 16, ancestors: [("something", 64)]) == 16)
        #expect(own(mpi, allowed: 16) == 4)
        #expect(own([:], allowed: 5, ancestors: [shell]) == 5)
        #expect(own([:], allowed: 5, quota: 2) == 2)
        for variables in [[:], torchrun, mpi] {
            for (allowed, quota) in [(0, 0), (1, 1), (0, Int.max), (3, 1)] {
                #expect(own(variables, allowed: allowed, quota: quota) >= 1)
            }
        }
    }

    @Test("A process is told of those that started it")
    func ancestors() {
        #if os(Linux)
        let ancestors = ProcessAncestors.all()
        #expect(!ancestors.isEmpty)
        #expect(ancestors.contains { !$0.title.isEmpty })
        #expect(ancestors.allSatisfy { $0.allowedCores >= 0 })
        #endif
        #expect((1...WorkerThread.usableCores).contains(WorkerThread.ownCores))
    }
}
