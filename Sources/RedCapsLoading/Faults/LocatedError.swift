internal import RedCapsBase

/// An error of a sample that knows which file is at fault: a loader's failures and ledgers name it.
public protocol LocatedError: Error {
    /// The file's path, as the data set's manifest has it.
    var path: String { get }

    /// What tells failures of its kind from others, without paths and numbers: of those of one kind the
    /// first are logged and the others counted. By default the type's name.
    var kind: String { get }
}

extension LocatedError {
    /// The type's name.
    public var kind: String { String(reflecting: Self.self) }
}

/// Names the kinds of failures.
package enum FailureKind {
    /// The kind of an error: its own, a store's code, or its type.
    package static func name(of error: any Error) -> String {
        switch error {
        case let error as any LocatedError: error.kind
        case let error as StoreError: "\(error.code)"
        default: String(reflecting: type(of: error))
        }
    }
}
