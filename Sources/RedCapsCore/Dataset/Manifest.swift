import RedCapsBase
import RedCapsTar

/// A list of samples in memory: for each, the paths of its parts.
///
/// For lists that are made by a program; a list on disk is better read in place by `SampleIndex`.
/// Paths are kept in one block of bytes, so that millions of them stay small.
public struct Manifest: Sendable {
    /// The parts whose paths the entries have.
    public let parts: [SamplePart]
    private var text: [UInt8] = []
    /// Where each path ends in `text`: the parts of entry 0, of entry 1, …
    private var ends: [UInt64] = []
    /// Paths that an entry lacks, by their place in `ends`.
    private var absent: Set<Int> = []

    /// The number of samples.
    public var count: Int { ends.count / parts.count }

    /// Reads a list, or all lists in a folder.
    /// - Parameters:
    ///   - path: A file whose name ends in `.json`, or else a folder whose `*.json` are read in the
    ///     order of their names, but for hidden ones.
    ///   - parts: Which parts' paths to read; at least one.
    /// - Throws: `StoreError` if something can't be read, `ManifestError` if it is no such list.
    public init(path: String, parts: [SamplePart] = [.image, .annotation]) throws {
        self.parts = parts.isEmpty ? [.image] : parts
        for file in try Self.files(path) {
            do {
                var list = try ListReader(file.path, self.parts)
                try list.run { paths in
                    for path in paths { append(path) }
                }
            } catch let error as JSONError {
                throw ManifestError(file: file.path, reason: "\(error)")
            }
        }
    }

    /// Makes a list of pairs.
    public init(_ entries: [(image: String, annotation: String)]) {
        parts = [.image, .annotation]
        for entry in entries { append([entry.image, entry.annotation]) }
    }

    /// Makes a list of samples with any parts.
    /// - Parameters:
    ///   - parts: The parts; at least one.
    ///   - entries: For each sample a path for each part, in their order; a missing one at the end
    ///     or `nil` is a part that the sample lacks.
    public init(parts: [SamplePart], _ entries: [[String?]]) {
        self.parts = parts.isEmpty ? [.image] : parts
        for entry in entries { append(entry) }
    }

    private mutating func append(_ entry: [String?]) {
        for place in parts.indices {
            if let path = place < entry.count ? entry[place] : nil {
                text.append(contentsOf: path.utf8)
            } else {
                absent.insert(ends.count)
            }
            ends.append(UInt64(text.count))
        }
    }

    /// The files of a list: itself, or the lists in a folder.
    static func files(_ path: String) throws -> [(name: String, path: String)] {
        if path.endsExactly(with: ".json") {
            return [(FilePath.name(of: path), path)]
        }
        guard !Disk.isFile(path) else {
            throw ManifestError(
                file: path,
                reason:
                    "a list is a file whose name ends in .json, or a folder of such files; lines "
                    + "of JSON become one with `jq -s . \(path) > list.json`")
        }
        let names = try FolderStore(path).fileNames().filter {
            $0.endsExactly(with: ".json") && !HiddenName.isHidden($0.utf8)
        }
        guard !names.isEmpty else {
            throw ManifestError(file: path, reason: "no *.json in this folder")
        }
        return names.map { ($0, "\(path)/\($0)") }
    }

    /// As in the reference, an entry without a path fails when it is used, not when it is read.
    private mutating func append(_ path: BorrowedBytes?) {
        if let path {
            path.append(to: &text)
        } else {
            absent.insert(ends.count)
        }
        ends.append(UInt64(text.count))
    }

    /// The image's path as the list has it; empty if it has none.
    public func image(_ index: Int) -> String { path(.image, of: index) ?? "" }

    /// The annotation's path as the list has it; empty if it has none.
    public func annotation(_ index: Int) -> String { path(.annotation, of: index) ?? "" }

    /// The path of a part as the list has it.
    /// - Returns: `nil` if the entry has none.
    public func path(_ part: SamplePart, of index: Int) -> String? {
        range(part, of: index).map { String(decoding: text[$0], as: UTF8.self) }
    }

    /// Adds the path of a part to a table.
    func append(_ part: SamplePart, of index: Int, to writer: inout PathTableWriter) {
        guard let range = range(part, of: index) else { return writer.append(nil) }
        unsafe text.withUnsafeBytes { text in
            writer.append(
                unsafe BorrowedBytes(UnsafeRawBufferPointer(rebasing: text[range])))
        }
    }

    /// The same for the same list.
    var fingerprint: UInt64 {
        ends.reduce(XXH64.hash(text)) { ($0 ^ $1) &* 0x9E37_79B1_85EB_CA87 }
    }

    private func range(_ part: SamplePart, of index: Int) -> Range<Int>? {
        guard let column = parts.firstIndex(of: part),
            case let number = index * parts.count + column, !absent.contains(number)
        else { return nil }
        let start = number == 0 ? 0 : Int(ends[number - 1])
        return start..<Int(ends[number])
    }
}

/// Why a list of samples can't be used.
public struct ManifestError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file, or the folder that has none.
    public let file: String
    /// What is wrong with it.
    public let reason: String

    /// The place and the reason in one line.
    public var description: String { "\(file): \(reason)" }
}
