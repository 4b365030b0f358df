/// What the system says of a process.
package enum ProcessStatus {
    /// A field of Linux's `/proc/self/status`, such as `VmRSS`; `nil` where there is none.
    /// - Parameter folder: The process's, this one's by default.
    package static func field(_ name: String, of folder: String = "/proc/self") -> String? {
        guard let file = unsafe fopen("\(folder)/status", "r") else { return nil }
        defer { unsafe _ = fclose(file) }
        var line = [CChar](repeating: 0, count: 1024)
        while unsafe fgets(&line, CInt(line.count), file) != nil {
            let text = String(
                decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            let parts = text.split(separator: ":", maxSplits: 1)
            if parts.count == 2, parts[0] == name {
                return String(parts[1].filter { !$0.isWhitespace })
            }
        }
        return nil
    }

    /// How many processors a process may run on; `nil` where that isn't told.
    /// - Parameter folder: The process's, this one's by default.
    package static func allowedCores(of folder: String = "/proc/self") -> Int? {
        let count = (field("Cpus_allowed", of: folder) ?? "").reduce(0) { count, digit in
            count + (digit.hexDigitValue?.nonzeroBitCount ?? 0)
        }
        return count > 0 ? count : nil
    }

    private static func bytes(_ name: String) -> Int? {
        field(name).flatMap { Int($0.prefix { $0.isNumber }) }.map { $0 * 1024 }
    }

    /// The memory that is resident now, in bytes; `nil` where the system doesn't say.
    package static var residentBytes: Int? { bytes("VmRSS") }

    /// The most memory that the process has had resident so far, in bytes.
    package static var peakResidentBytes: Int? {
        if let peak = bytes("VmHWM") { return peak }
        #if canImport(Darwin)
        var usage = rusage()
        if unsafe getrusage(RUSAGE_SELF, &usage) == 0 { return Int(usage.ru_maxrss) }
        #endif
        return nil
    }
}
