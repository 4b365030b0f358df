internal import RedCapsBase
internal import Synchronization

/// What one thread of a loader is at, and how long it has spent on what. A data set that tells it
/// gets its stages into the loader's statistics, and its stuck reads reported.
public final class LoadingProbe: Sendable {
    /// The stage and the index that the thread is at, plus one; 0 between stages.
    private let current = Atomic<UInt64>(0)
    private let since = Atomic<UInt64>(0)
    private let spent = StageCounters()
    private let bytesRead = Atomic<Int>(0)
    private let retryCount = Atomic<Int>(0)
    private let cancelled = Atomic<Bool>(false)
    /// What the indices of a data set within another one begin with.
    private let base = Atomic<Int>(0)
    private let retries: ReadRetries

    /// A probe for a thread of one's own.
    public convenience init() { self.init(retries: .default) }

    init(retries: ReadRetries) { self.retries = retries }

    /// Runs a stage of a sample.
    public func measure<Result, Failure: Error>(
        _ stage: LoadingStage, of index: Int, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let start = MonotonicTime.nanoseconds
        since.store(start, ordering: .relaxed)
        let index = index &+ base.load(ordering: .relaxed)
        current.store(UInt64(index) << 3 | UInt64(stage.rawValue) + 1, ordering: .relaxed)
        defer {
            current.store(0, ordering: .relaxed)
            spent.add(MonotonicTime.nanoseconds &- start, to: stage)
        }
        return try body()
    }

    /// Lets a data set that is a part of another one tell its own indices: the first is the other's
    /// `start`.
    public func counting<Result, Failure: Error>(
        from start: Int, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        base.wrappingAdd(start, ordering: .relaxed)
        defer { base.wrappingSubtract(start, ordering: .relaxed) }
        return try body()
    }

    /// Says that of the time of one stage a part belongs to another.
    public func move(nanoseconds: UInt64, from stage: LoadingStage, to other: LoadingStage) {
        spent.add(0 &- nanoseconds, to: stage)
        spent.add(nanoseconds, to: other)
    }

    /// Counts bytes that were read.
    public func count(bytes: Int) { bytesRead.wrappingAdd(bytes, ordering: .relaxed) }

    /// Reads, again after a pause if the failure may pass by itself.
    /// - Throws: The last failure.
    public func retrying(_ read: () throws -> Void) throws {
        for pause in retries.pauses {
            do {
                return try read()
            } catch let error as StoreError where error.isTransient {
                guard !cancelled.load(ordering: .relaxed) else { throw error }
                retryCount.wrappingAdd(1, ordering: .relaxed)
                sleep(milliseconds: pause)
            }
        }
        try read()
    }

    private func sleep(milliseconds: Int) {
        var left = milliseconds
        while left > 0, !cancelled.load(ordering: .relaxed) {
            MonotonicTime.sleep(milliseconds: min(left, 20))
            left -= 20
        }
    }

    /// How long the thread has been reading in all, in nanoseconds.
    var readTime: UInt64 { spent.nanoseconds(of: .read) }
    /// How many bytes it has read in all.
    var readBytes: Int { bytesRead.load(ordering: .relaxed) }

    /// Lets a read that fails from now on fail at once.
    func cancel() { cancelled.store(true, ordering: .relaxed) }

    /// What the thread is at and since when, if it is within a stage.
    var activity: (stage: LoadingStage, index: Int, since: UInt64)? {
        let start = since.load(ordering: .relaxed)
        let state = current.load(ordering: .relaxed)
        guard state != 0, start == since.load(ordering: .relaxed),
            let stage = LoadingStage(rawValue: Int(state & 7) - 1)
        else { return nil }
        return (stage, Int(state >> 3), start)
    }

    /// Adds what was measured to statistics.
    func add(to statistics: inout LoaderStatistics) {
        for stage in LoadingStage.allCases {
            // What was moved is an estimate, and may be more than there is for a moment.
            statistics.stageTimes[stage, default: .zero] += .nanoseconds(
                max(0, Int64(bitPattern: spent.nanoseconds(of: stage))))
        }
        statistics.bytesRead += bytesRead.load(ordering: .relaxed)
        statistics.retriedReads += retryCount.load(ordering: .relaxed)
    }
}
