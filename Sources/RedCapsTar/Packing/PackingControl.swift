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

    private let state = Monitor(State())
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
        for number in 0..<min(jobs, count) {
            state.update { $0.running += 1 }
            do throws(StoreError) {
                try WorkerThread.start { [self] in work(count, body) }
            } catch {
                state.update { $0.running -= 1 }
                if number == 0 { throw error }
                break  // those that did start do the work
            }
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

/// Lets something pass every so many milliseconds.
package struct Throttle {
    private let clock = ContinuousClock()
    private let interval: Duration
    private var last: ContinuousClock.Instant

    package init(_ interval: Duration) {
        self.interval = interval
        last = clock.now
    }

    package mutating func passes() -> Bool {
        let now = clock.now
        guard now - last >= interval else { return false }
        last = now
        return true
    }
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
