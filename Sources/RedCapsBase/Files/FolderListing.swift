/// A name in a folder.
package struct FolderEntry: Sendable {
    package let name: String
    /// Whether it is a folder, or a link to one.
    package let isFolder: Bool
    /// The name with other bytes than UTF-8's as `\xE9`, if it has any: `name` can't be opened then.
    package let escaped: String?
}

/// What is in folders.
package enum FolderListing {
    /// The names in a folder, sorted by their bytes, without `.` and `..`.
    package static func entries(_ path: String) throws(StoreError) -> [FolderEntry] {
        guard let folder = unsafe opendir(path) else { throw .system(path, "open the folder") }
        defer { unsafe _ = closedir(folder) }
        var entries: [FolderEntry] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(folder) else { break }
            let (name, escaped) = unsafe withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                unsafe tuple.withMemoryRebound(to: CChar.self, capacity: 1) { name in
                    let isText = unsafe String(validatingCString: name) != nil
                    return unsafe (
                        String(cString: name), isText ? nil : Self.escaped(name)
                    )
                }
            }
            guard name != ".", name != ".." else { continue }
            let isFolder =
                switch unsafe CInt(entry.pointee.d_type) {
                case CInt(DT_DIR): true
                case CInt(DT_REG): false
                // A link, or a file system that doesn't say.
                default: Disk.isFolder(path + "/" + name)
                }
            entries.append(FolderEntry(name: name, isFolder: isFolder, escaped: escaped))
        }
        guard errno == 0 else { throw .system(path, "list the folder") }
        return entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    private static func escaped(_ name: UnsafePointer<CChar>) -> String {
        var text = ""
        for place in unsafe 0..<strlen(name) {
            let byte = unsafe UInt8(bitPattern: name[place])
            if byte < 0x80 {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += "\\x" + String(byte, radix: 16, uppercase: true)
            }
        }
        return text
    }

    /// The names of the files right in a folder, sorted by their bytes.
    package static func fileNames(_ path: String) throws(StoreError) -> [String] {
        try entries(path).filter { !$0.isFolder }.map(\.name)
    }
}
