/// The processes that started this one, as far as the system shows them.
package enum ProcessAncestors {
    /// What is known of a process.
    package struct Process: Sendable {
        /// Its command line, or the title that it has given itself.
        package let title: String
        /// How many processors it may run on; 0 if that isn't told.
        package let allowedCores: Int

        package init(title: String, allowedCores: Int) {
            (self.title, self.allowedCores) = (title, allowedCores)
        }
    }

    /// The parent, its parent and so on: at most 64, and none where there is no `/proc`.
    package static func all() -> [Process] {
        var processes: [Process] = []
        var process = getppid()
        while process > 0, processes.count < 64 {
            let folder = "/proc/\(process)"
            guard let parent = ProcessStatus.field("PPid", of: folder).flatMap({ pid_t($0) }) else {
                break
            }
            processes.append(
                Process(
                    title: title(folder),
                    allowedCores: ProcessStatus.allowedCores(of: folder) ?? 0))
            process = parent
        }
        return processes
    }

    private static func title(_ folder: String) -> String {
        guard let file = unsafe fopen("\(folder)/cmdline", "r") else { return "" }
        defer { unsafe _ = fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = unsafe fread(&bytes, 1, bytes.count, file)
        return String(
            decoding: bytes[..<count].map { $0 == 0 ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
    }
}
