import Foundation

/// A new, empty folder that disappears with its owner.
package final class TemporaryFolder: Sendable {
    package let path: String

    package convenience init() throws { try self.init(in: FileManager.default.temporaryDirectory) }

    fileprivate init(in parent: URL) throws {
        let url =
            parent
            .appending(path: "redcaps-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.resolvingSymlinksInPath().path()
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of something inside.
    package subscript(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file, and the folders that it lies in.
    @discardableResult
    package func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
        let file = self[name]
        try FileManager.default.createDirectory(
            atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(filePath: file))
        return file
    }

    @discardableResult
    package func write(_ name: String, _ text: String) throws -> String {
        try write(name, text.utf8)
    }
}

extension TemporaryFolder {
    /// A new, empty folder in memory where the system has such: for tests that write very often.
    package static func inMemory() throws -> TemporaryFolder {
        let memory = "/dev/shm"
        return FileManager.default.isWritableFile(atPath: memory)
            ? try TemporaryFolder(in: URL(filePath: memory)) : try TemporaryFolder()
    }

    /// The bytes of a file.
    package func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: self[name])))
    }

    /// Overwrites some bytes of a file, which stays the same file.
    package func overwrite(_ name: String, at offset: Int, _ bytes: [UInt8]) throws {
        let file = try FileHandle(forUpdating: URL(filePath: self[name]))
        try file.seek(toOffset: UInt64(offset))
        try file.write(contentsOf: Data(bytes))
        try file.close()
    }

    /// Cuts a file, which stays the same file.
    package func cut(_ name: String, to count: Int) throws {
        let file = try FileHandle(forUpdating: URL(filePath: self[name]))
        try file.truncate(atOffset: UInt64(count))
        try file.close()
    }

    /// Sets when a file was changed last, in seconds since 1970.
    package func setTime(_ name: String, _ seconds: Int) throws {
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: Double(seconds))],
            ofItemAtPath: self[name])
    }

    /// When a file was changed last, in seconds since 1970.
    package func time(_ name: String) throws -> Double {
        let date = try FileManager.default.attributesOfItem(atPath: self[name])[.modificationDate]
        return (date as? Date)?.timeIntervalSince1970 ?? 0
    }

    /// The names in a folder.
    package func names(_ name: String = ".") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: self[name]).sorted()
    }

    /// Copies a file or a folder with all that is in it.
    package func copy(_ name: String, to other: String) throws {
        try FileManager.default.copyItem(atPath: self[name], toPath: self[other])
    }

    /// Moves a file or a folder.
    package func move(_ name: String, to other: String) throws {
        try FileManager.default.moveItem(atPath: self[name], toPath: self[other])
    }

    /// Removes a file or a folder with all that is in it.
    package func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: self[name])
    }
}
