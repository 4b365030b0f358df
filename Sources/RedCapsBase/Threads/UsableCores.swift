extension WorkerThread {
    /// The number of processors that this process may use: those that it is allowed to run on, and no
    /// more than its control group has a share of, rounded up.
    package static var usableCores: Int { min(allowedCores, quotaCores) }

    /// The number of processors that this process is allowed to run on.
    static var allowedCores: Int {
        ProcessStatus.allowedCores() ?? max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN)))
    }

    /// The number that its control group leaves it, `Int.max` for no limit.
    static var quotaCores: Int {
        ControlGroup.cores(root: "/sys/fs/cgroup", process: "/proc/self/cgroup")
    }
}

/// What the control groups that a process is in leave it of the processors, as containers are limited.
package enum ControlGroup {
    /// The least whole number of processors that no group's quota is below; `Int.max` without any.
    package static func cores(root: String, process: String) -> Int {
        var least = Int.max
        for line in lines(process) {
            // number:controllers:path; version 2 has no controllers.
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let isSecond = parts[1].isEmpty
            guard isSecond || parts[1].split(separator: ",").contains("cpu") else { continue }
            // Inside a container the path may be that of the host; then only the root is there.
            var path = String(parts[2])
            while true {
                let folders =
                    isSecond ? [root + path] : ["\(root)/cpu\(path)", "\(root)/cpu,cpuacct\(path)"]
                for folder in folders {
                    if let cores = quota(folder, isSecond: isSecond) { least = min(least, cores) }
                }
                guard let slash = path.lastIndex(of: "/") else { break }
                path = String(path[..<slash])
            }
        }
        return least
    }

    /// The quota of one group, in processors, rounded up.
    private static func quota(_ folder: String, isSecond: Bool) -> Int? {
        let words =
            isSecond
            ? lines("\(folder)/cpu.max").first?.split(separator: " ").map(String.init) ?? []
            : lines("\(folder)/cpu.cfs_quota_us") + lines("\(folder)/cpu.cfs_period_us")
        guard words.count == 2, let quota = Int(words[0]), let period = Int(words[1]), quota > 0,
            period > 0
        else { return nil }
        return max(1, (quota + period - 1) / period)
    }

    private static func lines(_ path: String) -> [String] {
        guard let file = unsafe fopen(path, "r") else { return [] }
        defer { unsafe _ = fclose(file) }
        var lines: [String] = []
        var line = [CChar](repeating: 0, count: 4096)
        while lines.count < 1000, unsafe fgets(&line, CInt(line.count), file) != nil {
            let bytes = line.prefix { $0 != 0 && $0 != 10 }.map(UInt8.init(bitPattern:))
            lines.append(String(decoding: bytes, as: UTF8.self))
        }
        return lines
    }
}
