import RedCapsBase
public import RedCapsLoading

/// The names of files that each rank of a run has one of.
public enum RunFile {
    /// What is replaced in a name: `{rank}`.
    public static let placeholder = "{rank}"

    /// A rank's own file: the name with its rank in place of `{rank}`.
    public static func name(_ name: String, rank: Int) -> String {
        // Without Foundation, and without regular expressions.
        var (rest, result) = (name[...], "")
        while let found = rest.firstRange(of: placeholder) {
            result += rest[..<found.lowerBound] + "\(rank)"
            rest = rest[found.upperBound...]
        }
        return result + rest
    }

    /// A rank's own file, which no other rank may share.
    /// - Throws: `RunFileError` with `shared` if there are several ranks and no `{rank}` in the
    ///   name.
    public static func name(
        _ name: String, of context: DistributedContext
    ) throws(RunFileError) -> String {
        let own = self.name(name, rank: context.rank)
        guard context.worldSize == 1 || own != name else {
            throw RunFileError(
                .shared, file: name,
                reason: "is one file for \(context.worldSize) ranks: it needs {rank} in its name")
        }
        return own
    }
}

/// Why a state or a ledger can't be read or written.
public struct RunFileError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kind of failure. New kinds may be added.
    public enum Code: Sendable {
        /// It isn't there, or the system refuses to read it.
        case unreadable
        /// The system refuses to write it.
        case unwritable
        /// It holds something else.
        case malformed
        /// Several ranks would write to it.
        case shared
        /// It is there already and holds something else, which isn't written over.
        case foreign
    }

    /// What can't be done with the file.
    public let code: Code
    /// The file's path, or its name before `{rank}` was replaced.
    public let file: String
    /// What is wrong with it, as the end of a sentence that begins with the file.
    public let reason: String

    init(_ code: Code, file: String, reason: String) {
        (self.code, self.file, self.reason) = (code, file, reason)
    }

    /// What the system refuses to write, with its words.
    static func unwritable(_ path: String, _ error: StoreError) -> RunFileError {
        RunFileError(.unwritable, file: path, reason: "can't be written: \(error.cause)")
    }

    /// What the system refuses to read, with its words.
    static func unreadable(_ path: String, _ error: StoreError) -> RunFileError {
        RunFileError(
            .unreadable, file: path, reason: "can't be read, to resume from: \(error.cause)")
    }

    /// File and reason in one line.
    public var description: String { "\(file) \(reason)" }
}

extension StoreError {
    /// The reason without what couldn't be done, `can't write: `.
    fileprivate var cause: Substring {
        guard let colon = reason.firstRange(of: ": ") else { return reason[...] }
        return reason[colon.upperBound...]
    }
}
