/// A sample that couldn't be loaded.
public struct SampleFailure: Sendable, CustomStringConvertible {
    /// The place in the stream of samples.
    public let position: Int
    /// Which sample.
    public let index: Int
    /// Why.
    public let error: any Error

    /// Names a failure.
    public init(position: Int, index: Int, error: any Error) {
        (self.position, self.index, self.error) = (position, index, error)
    }

    /// The path of the file at fault, where the data set tells it.
    public var path: String? { (error as? any LocatedError)?.path }

    /// What tells failures of its kind from others: see `LocatedError.kind`.
    package var kind: String { FailureKind.name(of: error) }

    /// The place and the reason in one line.
    public var description: String { "position \(position), \(error)" }
}

/// What to do about samples that can't be loaded, and how many of them are too many.
public struct FailurePolicy: Sendable, Hashable {
    enum Action: Sendable, Hashable {
        case replace, skip, stop

        /// What becomes of a sample that failed.
        var verb: String {
            switch self {
            case .replace: "replaced"
            case .skip: "left out"
            case .stop: "failed"
            }
        }
    }

    let action: Action
    let budget: FailureBudget

    /// How many samples are tried in the place of one that failed before the run ends, whatever the
    /// budget: 500. Python ends with a `RecursionError` after about as many.
    public static let maximumReplacements = 500

    /// Take another sample, drawn as the reference draws it, and again if that fails too. A batch
    /// keeps its size. More failures than the budget end the run, as do `maximumReplacements` in a
    /// row for one place.
    public static func replace(atMost budget: FailureBudget) -> FailurePolicy {
        FailurePolicy(action: .replace, budget: budget)
    }

    /// Leave it out: its batch is that much shorter, be it empty, and still covers the same
    /// positions. More failures than the budget end the run.
    public static func skip(atMost budget: FailureBudget) -> FailurePolicy {
        FailurePolicy(action: .skip, budget: budget)
    }

    /// End the run with the error.
    public static let stop = FailurePolicy(action: .stop, budget: .count(0))

    /// How many samples are tried for one place in the order, the first included.
    var attempts: Int {
        action == .replace ? min(budget.count ?? .max, Self.maximumReplacements) + 1 : 1
    }

    /// The same for a sample by its number in the run, from 0: the run has ended, whatever is tried
    /// next, once more have failed for it than the budget bears by then.
    func attempts(atSample number: Int) -> Int {
        action == .replace
            ? min(budget.most(of: number + 1), Self.maximumReplacements) + 1 : 1
    }
}

/// How many failures a run bears. They are counted in the order of the samples, from where the run
/// began, so that a run ends at the same batch for any number of threads.
public struct FailureBudget: Sendable, Hashable, ExpressibleByIntegerLiteral {
    let count: Int?
    let share: Double

    /// So many in the whole run.
    public static func count(_ count: Int) -> FailureBudget {
        FailureBudget(count: max(0, count), share: 0)
    }

    /// That share of the samples so far, 0 ... 1, but never less than 100 failures: a few at the
    /// beginning say nothing about the rest. An order that ends without a single good sample is an
    /// error whatever its length, for a single process that began it.
    public static func fraction(_ share: Double) -> FailureBudget {
        FailureBudget(count: nil, share: share.isNaN ? 0 : min(max(0, share), 1))
    }

    private init(count: Int?, share: Double) {
        (self.count, self.share) = (count, share)
    }

    /// So many in the whole run.
    public init(integerLiteral count: Int) { self = .count(count) }

    /// Whether so many failures among so many positions are borne.
    func bears(_ failures: Int, of positions: Int) -> Bool { failures <= most(of: positions) }

    /// How many failures among so many positions are borne.
    func most(of positions: Int) -> Int { count ?? max(100, Int(share * Double(positions))) }
}

/// More samples couldn't be loaded than the policy bears.
public struct TooManyFailures: Error, Sendable, CustomStringConvertible {
    /// The latest failures, in order.
    public let failures: [SampleFailure]
    /// How many there were in the whole run, these included.
    public let count: Int

    /// Makes an error; by default these failures are all that there were.
    public init(failures: [SampleFailure], count: Int? = nil) {
        (self.failures, self.count) = (failures, count ?? failures.count)
    }

    /// The count, and the last failure; whether all of many are of one kind.
    public var description: String {
        let last = failures.last.map { "\($0)" } ?? ""
        guard count > 1 else { return last }
        let isOneKind = failures.count >= 20 && Set(failures.map(\.kind)).count == 1
        return "\(count) samples couldn't be loaded; the last: \(last)"
            + (isOneKind
                ? "; the others failed alike, so that the cause may be the whole data set's" : "")
    }
}
