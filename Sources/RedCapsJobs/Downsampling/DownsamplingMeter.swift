import RedCapsBase

/// Counts what is done, and tells it now and then.
struct DownsamplingMeter {
    private(set) var progress = Downsampling.Progress()
    /// Shards that couldn't be downsampled.
    private(set) var failures: [StoreError] = []
    private let job: Downsampling
    private let cancellation: Cancellation
    private var throttle = Throttle(.milliseconds(50))

    init(_ job: Downsampling, _ cancellation: Cancellation, totalBytes: UInt64) {
        (self.job, self.cancellation) = (job, cancellation)
        progress.totalBytes = totalBytes
    }

    /// Tells the progress, if it is time.
    /// - Throws: `cancelled` when the run is to end.
    mutating func pulse(_ observer: (Downsampling.Progress) -> Void) throws(StoreError) {
        if throttle.passes() { observer(progress) }
        try cancellation.check(job.output)
    }

    /// Counts what became of an image or another file.
    /// - Throws: `refused` for a broken image if these end the run.
    mutating func count(
        _ product: DownsamplingProduct, file: String, member: String?
    ) throws(StoreError) {
        switch product {
        case .other: progress.report.others += 1
        case .untouched:
            progress.report.images += 1
            progress.report.untouched += 1
        case .downsampled:
            progress.report.images += 1
            progress.report.downsampled += 1
        case .broken(let reason):
            if job.brokenImages == .stop {
                throw StoreError(
                    .refused, file: "\(job.input)/\(file)", member: member, reason: reason)
            }
            progress.report.images += 1
            progress.report.broken.append(.init(file: file, member: member, reason: reason))
        }
    }

    /// Takes note of a shard that can't be downsampled, because something of it is lost.
    mutating func fail(shard size: UInt64, _ failure: StoreError) {
        failures.append(failure)
        progress.doneBytes += size
    }

    mutating func warn(_ warnings: [StoreError]) { progress.report.warnings += warnings }

    /// Counts bytes of the input that are done with.
    mutating func count(read: UInt64, written: UInt64) {
        progress.report.bytesRead += read
        progress.report.bytesWritten += written
        progress.doneBytes += read
    }

    /// Counts a file that an earlier run had written.
    /// - Parameter record: What was noted of it, if it was broken and copied.
    mutating func keep(file size: UInt64, _ record: DownsamplingState.Record?) {
        progress.report.kept += 1
        progress.doneBytes += size
        guard let record else { return }
        progress.report.images += record.images
        progress.report.broken += record.broken
    }

    /// Counts a shard that an earlier run had written.
    mutating func keep(shard size: UInt64, _ record: DownsamplingState.Record) {
        progress.report.images += record.images
        progress.report.downsampled += record.downsampled
        progress.report.untouched += record.untouched
        progress.report.others += record.others
        progress.report.bytesRead += record.bytesRead
        progress.report.bytesWritten += record.bytesWritten
        progress.report.broken += record.broken
        progress.report.warnings += record.warnings
        progress.report.shards += 1
        progress.report.kept += 1
        progress.doneBytes += size
    }

    /// Counts a shard that is whole.
    /// - Parameters:
    ///   - before: The progress when it was begun.
    ///   - size: The length of the input's shard.
    /// - Returns: What it came to.
    mutating func finish(
        shard size: UInt64, since before: Downsampling.Progress
    ) -> DownsamplingState.Record {
        let (now, then) = (progress.report, before.report)
        progress.report.shards += 1
        progress.doneBytes = before.doneBytes + size
        return DownsamplingState.Record(
            images: now.images - then.images, downsampled: now.downsampled - then.downsampled,
            untouched: now.untouched - then.untouched, others: now.others - then.others,
            bytesRead: now.bytesRead - then.bytesRead,
            bytesWritten: now.bytesWritten - then.bytesWritten,
            broken: Array(now.broken.dropFirst(then.broken.count)),
            warnings: Array(now.warnings.dropFirst(then.warnings.count)))
    }
}
