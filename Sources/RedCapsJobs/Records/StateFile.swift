import RedCapsBase
public import RedCapsLoading

/// A loader's state on disk: a line of JSON, as `JSONEncoder` with sorted keys writes a
/// `ResumePoint`.
public struct StateFile: Sendable {
    /// The file, as it was given.
    public let path: String

    /// Names the file; nothing is touched.
    public init(_ path: String) { self.path = path }

    /// Writes a state, replacing one that is there; nobody ever sees half of it.
    /// - Throws: `RunFileError` with `unwritable`, and with `foreign` if the file holds something else.
    public func save(_ point: ResumePoint) throws(RunFileError) {
        try checkContents()
        do throws(StoreError) { try Disk.write(Array(Self.json(point).utf8), to: path) } catch {
            throw .unwritable(path, error)
        }
    }

    /// Finds out whether a state can be written, before there is one; nothing is touched.
    /// - Throws: As `save`.
    package func check() throws(RunFileError) {
        try checkContents()
        do throws(StoreError) {
            // More than a state takes.
            try OutputFile.check(path, with: [UInt8](repeating: 0, count: 1 << 14))
        } catch {
            throw .unwritable(path, error)
        }
    }

    /// - Throws: `foreign` if the file holds something else.
    private func checkContents() throws(RunFileError) {
        guard Disk.isFile(path) else { return }
        let bytes: [UInt8]
        do throws(StoreError) { bytes = try OpenFile.contents(of: path) } catch {
            throw .unwritable(path, error)
        }
        guard bytes.isEmpty || Self.point(bytes) != nil else {
            throw RunFileError(
                .foreign, file: path,
                reason: "holds something that is no state of a loader: choose another name for it")
        }
    }

    /// Reads the state.
    /// - Throws: `RunFileError` with `unreadable` or `malformed`.
    public func load() throws(RunFileError) -> ResumePoint {
        let bytes: [UInt8]
        do throws(StoreError) { bytes = try OpenFile.contents(of: path) } catch {
            throw .unreadable(path, error)
        }
        guard let point = Self.point(bytes) else {
            throw RunFileError(.malformed, file: path, reason: "is no state of a loader")
        }
        return point
    }

    // MARK: JSON

    private static func json(_ point: ResumePoint) -> String {
        var fields = [
            ("batch", "\(point.batch)"), ("dataset", quoted(point.dataset)),
            ("draws", quoted(point.draws)), ("position", "\(point.position)"),
        ]
        if let reference = point.reference { fields.append(("reference", json(reference))) }
        fields += [
            ("sampler", quoted(point.sampler)), ("seed", "\(point.seed)"),
            ("version", "\(point.version)"),
        ]
        return object(fields)
    }

    private static func json(_ reference: ResumePoint.ReferenceState) -> String {
        let words = reference.words.map(String.init).joined(separator: ",")
        return object([
            ("batchSize", "\(reference.batchSize)"), ("rank", "\(reference.rank)"),
            ("words", "[\(words)]"), ("worldSize", "\(reference.worldSize)"),
        ])
    }

    private static func object(_ fields: [(key: String, json: String)]) -> String {
        "{" + fields.map { "\"\($0.key)\":\($0.json)" }.joined(separator: ",") + "}"
    }

    /// As `JSONEncoder` does it, which escapes slashes, too.
    private static func quoted(_ text: String) -> String {
        JSONLine.quoted(text).split(separator: "/", omittingEmptySubsequences: false)
            .joined(separator: "\\/")
    }

    private static func point(_ bytes: [UInt8]) -> ResumePoint? {
        guard case .object(let object)? = try? JSONValue(parsing: bytes),
            case .integer(let version)? = object["version"],
            case .integer(let position)? = object["position"],
            case .integer(let batch)? = object["batch"],
            let seed = seed(object["seed"], bytes),
            case .string(let draws)? = object["draws"],
            case .string(let sampler)? = object["sampler"],
            case .string(let dataset)? = object["dataset"]
        else { return nil }
        var point = ResumePoint(
            position: position, batch: batch, seed: seed, draws: draws, sampler: sampler,
            dataset: dataset)
        point.version = version
        switch object["reference"] {
        case nil, .null: break
        case .object(let object):
            guard let reference = reference(object) else { return nil }
            point.reference = reference
        default: return nil
        }
        return point
    }

    private static func reference(_ object: [ExactText: JSONValue]) -> ResumePoint.ReferenceState? {
        guard case .array(let values)? = object["words"],
            case .integer(let rank)? = object["rank"],
            case .integer(let worldSize)? = object["worldSize"],
            case .integer(let batchSize)? = object["batchSize"]
        else { return nil }
        var words: [Int] = []
        for value in values {
            guard case .integer(let word) = value else { return nil }
            words.append(word)
        }
        return ResumePoint.ReferenceState(
            words: words, rank: rank, worldSize: worldSize, batchSize: batchSize)
    }

    /// A seed that an `Int` can't hold is read from the text: as a number it has lost digits.
    private static func seed(_ value: JSONValue?, _ bytes: [UInt8]) -> UInt64? {
        if case .integer(let seed)? = value { return UInt64(exactly: seed) }
        guard case .number? = value else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let key = text.firstRange(of: "\"seed\"") else { return nil }
        let digits = text[key.upperBound...].drop { $0 == ":" || $0.isWhitespace }
            .prefix { $0.isNumber }
        return UInt64(digits)
    }
}
