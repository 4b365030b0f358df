/// The list of samples: for each, the path of its image and of its annotation.
///
/// Paths are kept in one block of bytes, so that millions of them stay small.
public struct Manifest: Sendable {
    private var text: [UInt8] = []
    /// Where each path ends in `text`: image and annotation of entry 0, of entry 1, …
    private var ends: [UInt64] = []
    /// Entries that lack a path, with what is wrong.
    private var broken: [Int: String] = [:]

    /// The number of samples.
    public var count: Int { ends.count / 2 }

    /// Reads a list, or all lists in a folder.
    /// - Parameter path: A file whose name ends in `.json`, or else a folder whose `*.json` are
    ///   read in the order of their names.
    /// - Throws: `StoreError` if something can't be read, `ManifestError` if it is no such list.
    public init(path: String) throws {
        let (store, names) = try Self.files(path)
        for name in names {
            do {
                try append(try store.bytes(of: name))
            } catch let error as JSONError {
                throw ManifestError(file: "\(store.root)/\(name)", reason: "\(error)")
            }
        }
    }

    /// Makes a list of pairs.
    public init(_ entries: [(image: String, annotation: String)]) {
        for entry in entries { append(entry.image, entry.annotation) }
    }

    private static func files(_ path: String) throws -> (store: FolderStore, names: [String]) {
        if path.hasSuffix(".json") {
            let (store, name) = FolderStore.containing(path)
            return (store, [name])
        }
        let store = FolderStore(path)
        let names = try store.fileNames().filter { $0.hasSuffix(".json") }
        guard !names.isEmpty else {
            throw ManifestError(file: path, reason: "no *.json in this folder")
        }
        return (store, names)
    }

    private mutating func append(_ image: String, _ annotation: String) {
        text.append(contentsOf: image.utf8)
        ends.append(UInt64(text.count))
        text.append(contentsOf: annotation.utf8)
        ends.append(UInt64(text.count))
    }

    private mutating func append(_ bytes: [UInt8]) throws(JSONError) {
        var scanner = JSONScanner(bytes)
        guard try scanner.peek() == UInt8(ascii: "[") else {
            throw scanner.failure("expected an array of samples")
        }
        try scanner.readArray { (scanner) throws(JSONError) in
            var image: JSONValue?
            var annotation: JSONValue?
            guard try scanner.peek() == UInt8(ascii: "{") else {
                try scanner.skipValue()
                return appendEntry(image, annotation)
            }
            try scanner.readObject { (key, scanner) throws(JSONError) in
                switch key {
                case "image": image = try scanner.readValue()
                case "annotation": annotation = try scanner.readValue()
                default: try scanner.skipValue()
                }
            }
            appendEntry(image, annotation)
        }
        try scanner.finish()
    }

    /// As in the reference, an entry without a path fails when it is used, not when it is read.
    private mutating func appendEntry(_ image: JSONValue?, _ annotation: JSONValue?) {
        if case .string(let image) = image, case .string(let annotation) = annotation {
            return append(image, annotation)
        }
        let name = if case .string(let text) = image { text } else { "" }
        broken[count] = "the list's entry has no \(name.isEmpty ? "image" : "annotation") path"
        append(name, "")
    }

    /// The image's path as the list has it.
    public func image(_ index: Int) -> String { path(2 * index) }

    /// The annotation's path as the list has it.
    public func annotation(_ index: Int) -> String { path(2 * index + 1) }

    /// What is wrong with an entry that lacks a path.
    func problem(_ index: Int) -> String? { broken[index] }

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
