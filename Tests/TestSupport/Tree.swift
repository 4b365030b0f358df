import Foundation

/// What lies in a folder: for each path its type, its mode as far as `tar` without a umask and this
/// package agree, when it was changed, and its bytes or where it leads.
package struct Tree: Equatable, Sendable {
    package let rows: [String: String]

    /// Walks a folder.
    /// - Parameter timesOfFolders: Whether the times of folders count.
    package init(_ folder: String, timesOfFolders: Bool = true) throws {
        var rows: [String: String] = [:]
        func walk(_ path: [UInt8], _ name: [UInt8]) throws {
            var status = stat()
            guard lstat(path.map { CChar(bitPattern: $0) } + [0], &status) == 0 else {
                throw POSIXError(.ENOENT)
            }
            let key = String(decoding: name, as: UTF8.self)
            let mode = String(status.st_mode & 0o755, radix: 8)
            #if canImport(Darwin)
            let changed = status.st_mtimespec
            #else
            let changed = status.st_mtim
            #endif
            let time = "\(changed.tv_sec).\(changed.tv_nsec)"
            switch status.st_mode & S_IFMT {
            case S_IFDIR:
                if !name.isEmpty { rows[key] = "folder \(mode) \(timesOfFolders ? time : "")" }
                for entry in Self.entries(path) {
                    try walk(path + [47] + entry, name.isEmpty ? entry : name + [47] + entry)
                }
            case S_IFLNK: rows[key] = "link to \(Self.target(path)) \(time)"
            case S_IFREG:
                let bytes = Self.bytes(path)
                rows[key] = "file \(mode) \(time) \(bytes.count) \(sha256(bytes))"
            default: rows[key] = "special"
            }
        }
        try walk(Array(folder.utf8), [])
        self.rows = rows
    }

    // Names needn't be UTF-8, which Foundation insists on.

    private static func entries(_ folder: [UInt8]) -> [[UInt8]] {
        guard let stream = opendir(folder.map { CChar(bitPattern: $0) } + [0]) else { return [] }
        defer { closedir(stream) }
        var entries: [[UInt8]] = []
        while let entry = readdir(stream) {
            // In place: the entry may end before the longest name would.
            let name = withUnsafePointer(to: &entry.pointee.d_name) { text in
                Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
            }
            if name != [46] && name != [46, 46] { entries.append(name) }
        }
        return entries
    }

    private static func target(_ link: [UInt8]) -> String {
        var target = [CChar](repeating: 0, count: 4096)
        let count = readlink(link.map { CChar(bitPattern: $0) } + [0], &target, target.count)
        return String(
            decoding: target.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func bytes(_ file: [UInt8]) -> [UInt8] {
        guard let stream = fopen(file.map { CChar(bitPattern: $0) } + [0], "r") else { return [] }
        defer { fclose(stream) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&buffer, 1, buffer.count, stream), count > 0 {
            bytes += buffer.prefix(count)
        }
        return bytes
    }

    /// The rows in which two trees differ.
    package func differences(from other: Tree) -> [String] {
        Set(rows.keys).union(other.rows.keys).sorted().filter { rows[$0] != other.rows[$0] }
            .map { "\($0): \(rows[$0] ?? "-") instead of \(other.rows[$0] ?? "-")" }
    }
}
