import RedCapsBase

extension DistributedContext {
    /// What numbers the processes.
    public enum Numbering: Sendable, Hashable {
        /// The launcher that started this process, if one did.
        case launcher
        /// The Slurm job array that this process is a task of.
        case jobArray
    }

    /// The context of this process, from its environment variables: see `Docs/Distributed.md`.
    /// - Throws: `LauncherError` if they are incomplete, make no sense, or contradict one another.
    public static func fromEnvironment(
        _ numbering: Numbering = .launcher
    ) throws(LauncherError) -> DistributedContext {
        var environment: [String: String] = [:]
        for name in Launcher.all.flatMap(\.names) + JobArray.names + Launcher.otherNames {
            guard let value = unsafe getenv(name) else { continue }
            environment[name] = unsafe String(cString: value)
        }
        return try DistributedContext(
            Environment(
                variables: environment, ancestors: { ProcessAncestors.all().map(\.title) }),
            numbering)
    }

    /// The context of a process with these environment variables.
    ///
    /// `torchrun` wins over the others. Without a launcher the process is by itself, even if a batch
    /// script's `SLURM_NTASKS` says that there will be more.
    /// - Throws: `LauncherError` if they are incomplete, make no sense, or contradict one another.
    public init(
        environment: [String: String], _ numbering: Numbering = .launcher
    ) throws(LauncherError) {
        try self.init(Environment(variables: environment), numbering)
    }

    /// - Parameter ancestors: The titles of the processes that started this one, the nearest first.
    package init(
        environment: [String: String], ancestors: [String], _ numbering: Numbering = .launcher
    ) throws(LauncherError) {
        try self.init(
            Environment(variables: environment, ancestors: { ancestors }), numbering)
    }

    private init(_ environment: Environment, _ numbering: Numbering) throws(LauncherError) {
        let launched = try Launcher.context(in: environment)
        guard numbering == .jobArray else {
            self = launched ?? .alone
            return
        }
        if let launched, launched.worldSize > 1 {
            throw environment.error(
                Launcher.all.flatMap(\.names) + JobArray.names,
                "each task of the job array has several processes, which can't be told apart by it")
        }
        self = try JobArray.context(in: environment)
    }
}

/// Why a process can't tell which one it is.
public struct LauncherError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The environment variables that it is about; `nil` for one that isn't set.
    public let variables: [String: String?]
    /// What is wrong with them.
    public let reason: String

    /// The variables with their values, and the reason, in one line.
    public var description: String {
        let values = variables.sorted { $0.key < $1.key }
            .map { name, value in value.map { "\(name)=\($0)" } ?? "\(name) is not set" }
        return "\(values.joined(separator: ", ")): \(reason)"
    }
}

/// Environment variables that are numbers.
struct Environment {
    let variables: [String: String]
    /// The titles of the processes that started this one, the nearest first, where they can be seen.
    var ancestors: () -> [String] = { [] }

    func has(_ name: String) -> Bool { variables[name] != nil }

    /// - Throws: `LauncherError` if it isn't there or no number.
    func number(_ name: String, with others: [String]) throws(LauncherError) -> Int {
        guard let text = variables[name] else {
            throw error([name] + others.filter(has), "\(name) is needed as well")
        }
        guard let number = Int(text), number >= 0 else {
            throw error([name], "not a number from 0 on")
        }
        return number
    }

    /// An error about those of the variables that are set, and the first in any case.
    func error(_ names: [String], _ reason: String) -> LauncherError {
        var named: [String: String?] = [:]
        for name in names where has(name) || name == names.first {
            named.updateValue(variables[name], forKey: name)
        }
        return LauncherError(variables: named, reason: reason)
    }
}
