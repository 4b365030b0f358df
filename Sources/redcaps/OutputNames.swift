import ArgumentParser
import RedCapsBase

/// The files that options of a verb name.
enum OutputNames {
    /// Refuses files that several options name.
    /// - Parameter options: The options that were given, with their files.
    /// - Throws: `ValidationError` that names two of them. Devices and pipes may be shared.
    static func checkApart(_ options: [(name: String, file: String?)]) throws {
        var seen: [(name: String, file: String)] = []
        for case (let name, let file?) in options where Disk.isFile(file) || !Disk.exists(file) {
            if let other = seen.first(where: { isSame($0.file, file) }) {
                throw ValidationError("\(other.name) and \(name) name the same file, \(file)")
            }
            seen.append((name, file))
        }
    }

    private static func isSame(_ file: String, _ other: String) -> Bool {
        if let one = System.identity(of: file) { return one == System.identity(of: other) }
        return FilePath.resolved(file).isExactly(FilePath.resolved(other))
    }
}
