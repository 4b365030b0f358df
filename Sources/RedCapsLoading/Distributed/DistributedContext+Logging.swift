internal import Logging
internal import RedCapsBase

extension DistributedContext {
    private static let logged = ConditionLock<Set<DistributedContext>>([])

    /// Says once in a process which one it is, and who said so.
    func log(to logger: Logger) {
        guard source != .alone, Self.logged.update({ $0.insert(self).inserted }) else { return }
        logger.notice("\(self)")
    }
}
