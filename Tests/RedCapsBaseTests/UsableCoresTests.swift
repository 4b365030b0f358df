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
