public import RedCapsBase
import RedCapsTar

/// Samples that a data set leaves out, as `redcaps verify --list-bad` writes them: one JSON object
/// in each line, of which `index` and `image` count: the place in the list, and the path that the
/// list must have there.
public struct SkipList: Sendable {
    private var entries: [(index: Int, image: String)] = []
    private var file = "the exclusions"

    /// Leaves nothing out.
    public init() {}

    /// Leaves these samples of a list out.
    public init(_ entries: [(index: Int, image: String)]) { self.entries = entries }

    /// Reads a file.
    /// - Throws: `StoreError` if it can't be read, `SkipListError` for a line that is none.
    public init(file: String) throws {
        self.file = file
        let bytes = try OpenFile.contents(of: file)
        for (number, line) in bytes.split(separator: UInt8(ascii: "\n")).enumerated() {
            guard let value = try? JSONValue(parsing: Array(line)),
                case .object(let object) = value,
                case .integer(let index)? = object["index"],
                case .string(let image)? = object["image"]
            else {
                throw SkipListError(
                    file: file, reason: "line \(number + 1) has no \"index\" and \"image\"")
            }
            entries.append((index, image))
        }
    }

    /// Writes a file that `init(file:)` reads; nobody ever sees half of it.
    /// - Throws: `StoreError` if it can't be written.
    public func write(to file: String) throws(StoreError) {
        let output = try OutputFile(file)
        for entry in entries {
            var line = JSONLine()
            line.add("index", entry.index)
            line.add("image", entry.image)
            try output.append(line: line.text)
        }
        try output.finish()
    }

    /// The number of samples.
    public var count: Int { entries.count }

    /// The entries of an index that are meant.
    func entries(of index: SampleIndex) throws -> [Int] {
        for entry in entries {
            guard (0..<index.count).contains(entry.index) else {
                throw SkipListError(
                    file: file, reason: "sample \(entry.index) of \(index.count)")
            }
            let path = try index.paths(entry.index).image
            guard path.isExactly(entry.image) else {
                throw SkipListError(
                    file: file,
                    reason: "made for another list: sample \(entry.index) is \(path) here, "
                        + "not \(entry.image)")
            }
        }
        return entries.map(\.index)
    }
}

/// Why a list of exclusions can't be used.
public struct SkipListError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file.
    public let file: String
    /// What is wrong with it.
    public let reason: String

    /// The place and the reason in one line.
    public var description: String { "\(file): \(reason)" }
}
