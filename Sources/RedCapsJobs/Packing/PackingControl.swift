import RedCapsBase
internal import Synchronization

/// Is told how far a run is, on the thread that called it; what it throws ends the run.
typealias PackingObserver = (Packing.Progress) throws(StoreError) -> Void

/// What the threads of a run share: how far they are, the first failure, and whether to stop.
final class PackingControl: Sendable {
    private struct State {
        var progress = Packing.Progress()
        var next = 0
        var running = 0
        var failure: (number: Int, error: StoreError)?

        mutating func takeNumber(below count: Int) -> Int? {
            guard next < count else { return nil }
            defer { next += 1 }
            return next
        }

        /// A thread that ends because another has failed is no failure of its own.
        mutating func note(_ error: StoreError, of number: Int) {
            if error != .cancelled, failure.map({ number < $0.number }) ?? true {
                failure = (number, error)
            }
        }
    }

    private let state = ConditionLock(State())
    /// Apart from the rest, because it is asked for every piece of every file.
    private let isStopped = Atomic(false)

    /// Makes all threads end soon.
    func stop() {
        isStopped.store(true, ordering: .relaxed)
    }

    /// - Throws: `cancelled` after `stop`, or when another thread has failed.
    func check() throws(StoreError) {
        if isStopped.load(ordering: .relaxed) { throw .cancelled }
    }

    /// Lets the observer of a long stretch of work on the calling thread have its say.
    func pulse(_ observer: PackingObserver) throws(StoreError) {
        try check()
        try observer(progress)
    }

    var progress: Packing.Progress { state.update { $0.progress } }

    func advance(_ change: (inout Packing.Progress) -> Void) {
        state.update { change(&$0.progress) }
    }

    /// Does numbered pieces of work on several threads, and reports from the calling one.
    /// - Throws: What `report` throws, else the failure with the lowest number.
    func forEach(
        _ count: Int, jobs: Int, report: PackingObserver,
        _ body: @escaping @Sendable (Int) throws(StoreError) -> Void
    ) throws(StoreError) {
        try check()
        state.update { $0.next = 0 }
        let started = WorkerThread.start(min(jobs, count)) { [self] in work(count, body) }
        state.update { $0.running += started }
        // Without a single thread this one works, and reports when it has done so.
        if started == 0 {
            state.update { $0.running += 1 }
            work(count, body)
        }
        var refusal: StoreError?
        var last: Packing.Progress?
        while true {
            let (progress, isDone) = state.wait { state in
                state.running == 0 || state.progress != last && refusal == nil
                    ? (state.progress, state.running == 0) : nil
            }
            if isDone { break }
            last = progress
            do throws(StoreError) { try report(progress) } catch {
                refusal = error
                stop()
            }
        }
        if let refusal { throw refusal }
        if let failure = state.update({ $0.failure }) { throw failure.error }
        try check()
        try report(progress)
    }

    private func work(_ count: Int, _ body: (Int) throws(StoreError) -> Void) {
        while !isStopped.load(ordering: .relaxed),
            let number = state.update({ $0.takeNumber(below: count) })
        {
            do throws(StoreError) { try body(number) } catch {
                state.update { $0.note(error, of: number) }
                stop()
            }
        }
        state.update { $0.running -= 1 }
    }
}

extension StoreError {
    static let cancelled = StoreError(.cancelled, file: "pack", reason: "cancelled")
}

/// Counts the files that are found, and reports now and then.
struct ListingMeter {
    private let control: PackingControl
    private var throttle = Throttle(.milliseconds(50))
    private var found = 0

    init(_ control: PackingControl) { self.control = control }

    mutating func count(_ observer: PackingObserver) throws(StoreError) {
        found += 1
        guard throttle.passes() else { return }
        try control.check()
        control.advance {
            $0.stage = .listing
            $0.totalFiles = found
        }
        try observer(control.progress)
    }
}
