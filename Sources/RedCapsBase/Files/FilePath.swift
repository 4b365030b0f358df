/// Paths as texts: what they are made of, and where they lead.
package enum FilePath {
    /// The folder that a file lies in, and the file's name there.
    package static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (".", path) }
        let folder = slash == path.startIndex ? "/" : String(path[..<slash])
        return (folder, String(path[path.utf8.index(after: slash)...]))
    }

    /// The last component; of a folder's path with a slash at its end as well.
    package static func name(of path: String) -> String {
        String(path.pieces(at: "/").last ?? "")
    }

    /// The path without symbolic links, or `nil` if it leads nowhere.
    package static func real(_ path: String) -> String? {
        guard let resolved = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }

    /// The path without symbolic links; what isn't there yet stays as it is.
    package static func resolved(_ path: String) -> String {
        if let real = real(path) { return real }
        let (parent, name) = split(withoutSlashes(path))
        guard !parent.isExactly(path), !name.isEmpty else { return path }
        let above = resolved(parent)
        return above == "/" ? "/\(name)" : "\(above)/\(name)"
    }

    /// The path without slashes at its end, unless it is nothing else.
    package static func withoutSlashes(_ path: String) -> String {
        var bytes = path.utf8[...]
        while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes = bytes.dropLast() }
        return String(Substring(bytes))
    }

    /// Whether a path begins at the root.
    package static func isAbsolute(_ path: String) -> Bool {
        path.utf8.first == UInt8(ascii: "/")
    }

    /// A path within a folder; an absolute one stays as it is.
    package static func joined(_ folder: String, _ path: String) -> String {
        if isAbsolute(path) { return path }
        return folder.utf8.last == UInt8(ascii: "/") ? folder + path : folder + "/" + path
    }

    /// Whether a path, which needn't be there yet, lies in a folder or is it.
    package static func isInside(_ path: String, _ folder: String) -> Bool {
        let (inner, outer) = (Array(resolved(path).utf8), Array(resolved(folder).utf8))
        return inner == outer
            || inner.starts(with: outer == [UInt8(ascii: "/")] ? outer : outer + "/".utf8)
    }

    /// A name for a file that isn't whole yet, in the folder of the one that it becomes: no other
    /// process and no other thread uses it, and nobody takes it for a shard.
    package static func temporary(for path: String) -> String {
        let (folder, name) = split(path)
        let unique = "\(getpid())-\(String(UInt64.random(in: 0...(.max)), radix: 36))"
        return "\(folder)/.\(name).\(unique)\(temporarySuffix)"
    }

    /// What the names of files that aren't whole yet end in.
    package static let temporarySuffix = ".part"
}
