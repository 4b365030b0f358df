import RedCapsBase
import RedCapsTar

/// A list of samples in memory: for each, the path of its image and of its annotation.
///
/// For lists that are made by a program; a list on disk is better read in place by `SampleIndex`.
/// Paths are kept in one block of bytes, so that millions of them stay small.
public struct Manifest: Sendable {
    private var text: [UInt8] = []
    /// Where each path ends in `text`: image and annotation of entry 0, of entry 1, …
    private var ends: [UInt64] = []
    /// Paths that an entry lacks, by their place in `ends`.
    private var absent: Set<Int> = []

    /// The number of samples.
    public var count: Int { ends.count / 2 }

    /// Reads a list, or all lists in a folder.
    /// - Parameter path: A file whose name ends in `.json`, or else a folder whose `*.json` are
    ///   read in the order of their names.
    /// - Throws: `StoreError` if something can't be read, `ManifestError` if it is no such list.
    public init(path: String) throws {
        for file in try Self.files(path) {
            do {
                var list = try ListReader(file.path)
                try list.run { image, annotation in
                    append(image)
                    append(annotation)
                }
            } catch let error as JSONError {
                throw ManifestError(file: file.path, reason: "\(error)")
            }
        }
    }

    /// Makes a list of pairs.
    public init(_ entries: [(image: String, annotation: String)]) {
        for entry in entries {
            for path in [entry.image, entry.annotation] {
                text.append(contentsOf: path.utf8)
                ends.append(UInt64(text.count))
            }
        }
    }

    /// The files of a list: itself, or the lists in a folder.
    static func files(_ path: String) throws -> [(name: String, path: String)] {
        if path.hasSuffix(".json") {
            return [(String(path.split(separator: "/").last ?? ""), path)]
        }
        let names = try FolderStore(path).fileNames().filter { $0.hasSuffix(".json") }
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

    /// The image's path as the list has it.
    public func image(_ index: Int) -> String { path(2 * index) }

    /// The annotation's path as the list has it.
    public func annotation(_ index: Int) -> String { path(2 * index + 1) }

    /// Whether an entry has a path.
    func has(_ part: SamplePart, of index: Int) -> Bool {
        !absent.contains(2 * index + part.rawValue)
    }

    /// The same for the same list.
    var fingerprint: UInt64 {
        ends.reduce(XXH64.hash(text)) { ($0 ^ $1) &* 0x9E37_79B1_85EB_CA87 }
    }

    private func path(_ number: Int) -> String {
        let start = number == 0 ? 0 : Int(ends[number - 1])
        return String(decoding: text[start..<Int(ends[number])], as: UTF8.self)
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
