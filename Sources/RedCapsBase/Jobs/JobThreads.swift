/// The threads of a job: how many it may have, and numbered pieces of work for them.
package enum JobThreads {
    /// Checks a number of threads, or chooses one.
    /// - Parameter jobs: 1 ... 1024, or `nil` for as many as there are usable cores, or this
    ///   process's part of them.
    /// - Throws: `StoreError` with `invalid` and the number.
    package static func checked(_ jobs: Int?) throws(StoreError) -> Int {
        guard let jobs else { return min(1024, WorkerThread.ownCores) }
        guard (1...1024).contains(jobs) else {
            throw StoreError(.invalid, file: "jobs", reason: "\(jobs) jobs isn't in 1 ... 1024")
        }
        return jobs
    }

    private struct State {
        var next = 0
        var finished = 0
        var running = 0
        var failure: (number: Int, error: StoreError)?

        mutating func take(below count: Int) -> Int? {
            guard next < count else { return nil }
            defer { next += 1 }
            return next
        }

        /// A piece that ends because another has failed is no failure of its own.
        mutating func note(_ error: StoreError, of number: Int) {
            if error.code != .cancelled, failure.map({ number < $0.number }) ?? true {
                failure = (number, error)
            }
        }
    }

    /// Does numbered pieces of work on several threads while the calling thread looks on. Without a
    /// single thread, the calling one works.
    /// - Parameters:
    ///   - cancellation: Ends the work; cancelled as well when a piece fails, so that those that
    ///     are under way end soon.
    ///   - observe: Called on the calling thread, before the first piece is awaited, whenever some
    ///     have ended, and twenty times a second.
    /// - Throws: The failure of the piece with the lowest number, else `cancelled`.
    package static func forEach(
        _ count: Int, jobs: Int, _ cancellation: Cancellation, of file: String,
        observe: () -> Void, _ body: @escaping @Sendable (Int) throws(StoreError) -> Void
    ) throws(StoreError) {
        try cancellation.check(file)
        let state = ConditionLock(State())
        let work: @Sendable () -> Void = {
            while !cancellation.isCancelled, let number = state.update({ $0.take(below: count) }) {
                do throws(StoreError) { try body(number) } catch {
                    state.update { $0.note(error, of: number) }
                    cancellation.cancel()
                }
                state.update { $0.finished += 1 }
            }
            state.update { $0.running -= 1 }
        }
        let started = WorkerThread.start(min(jobs, count), work)
        state.update { $0.running += max(started, 1) }
        if started == 0 { work() }
        observe()
        var seen = 0
        while true {
            let isDone = state.wait(atMost: 50) { state -> Bool? in
                guard state.running == 0 || state.finished > seen else { return nil }
                seen = state.finished
                return state.running == 0
            }
            if isDone == true { break }
            observe()
        }
        if let failure = state.update({ $0.failure }) { throw failure.error }
        try cancellation.check(file)
        observe()
    }
}
