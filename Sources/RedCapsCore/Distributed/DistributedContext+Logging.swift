internal import Logging
internal import RedCapsTar

extension DistributedContext {
    private static let logged = Monitor<Set<DistributedContext>>([])

    /// Says once in a process which one it is, and who said so.
    func log(to logger: Logger) {
        guard source != .alone, Self.logged.update({ $0.insert(self).inserted }) else { return }
        logger.notice("\(self)")
    }
}
