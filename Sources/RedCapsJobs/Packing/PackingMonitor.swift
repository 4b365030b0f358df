import RedCapsBase

/// Is told how far a run is, on the thread that called it.
typealias PackingObserver = (Packing.Progress) -> Void

/// What the threads of a run share: how far they are, and whether to stop.
final class PackingMonitor: Sendable {
    private let state = ConditionLock(Packing.Progress())
    /// Cancelled with the caller's, or when a thread has failed.
    let cancellation: Cancellation
    /// The folder that is packed into, for errors.
    private let folder: String

    init(_ cancellation: Cancellation, of folder: String) {
        self.cancellation = Cancellation(following: cancellation)
        self.folder = folder
    }

    /// - Throws: `cancelled` when the run is to end, or when another thread has failed.
    func check() throws(StoreError) { try cancellation.check(folder) }

    /// Tells the observer how far a long stretch of work on the calling thread is.
    func pulse(_ observer: PackingObserver) throws(StoreError) {
        observer(progress)
        try check()
    }

    var progress: Packing.Progress { state.update { $0 } }

    func advance(_ change: (inout Packing.Progress) -> Void) { state.update { change(&$0) } }

    /// Does numbered pieces of work on several threads, and tells of them from the calling one.
    /// - Throws: The failure with the lowest number, or `cancelled`.
    func forEach(
        _ count: Int, jobs: Int, report: PackingObserver,
        _ body: @escaping @Sendable (Int) throws(StoreError) -> Void
    ) throws(StoreError) {
        try JobThreads.forEach(
            count, jobs: jobs, cancellation, of: folder, observe: { report(progress) }, body)
    }
}

/// Counts the files that are found, and reports now and then.
struct ListingMeter {
    private let monitor: PackingMonitor
    private var throttle = Throttle(.milliseconds(50))
    private var found = 0

    init(_ monitor: PackingMonitor) { self.monitor = monitor }

    mutating func count(_ observer: PackingObserver) throws(StoreError) {
        found += 1
        guard throttle.passes() else { return }
        monitor.advance {
            $0.stage = .listing
            $0.totalFiles = found
        }
        try monitor.pulse(observer)
    }
}
