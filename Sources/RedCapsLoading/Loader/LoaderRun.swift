internal import RedCapsBase

/// What all iterations of a loader have in common: where they begin, what they are counted by, and
/// where the last batch left off.
final class LoaderRun: Sendable {
    let options: LoaderOptions
    let plan: BatchPlan
    let start: ResumePoint
    let meter: LoaderMeter
    /// Of the consumer.
    let probe = LoadingProbe()
    private let last: ConditionLock<ResumePoint>

    init(_ options: LoaderOptions, _ plan: BatchPlan, start: ResumePoint) {
        self.options = options
        self.plan = plan
        self.start = start
        last = ConditionLock(start)
        meter = LoaderMeter(consumer: probe, workers: options.workers)
    }

    /// Where the last delivered batch left off.
    var state: ResumePoint { last.update { $0 } }

    /// Where to go on after a batch.
    /// - Parameter drawState: How far what owns the draws is, if anything does.
    func point(afterBatch number: Int, _ drawState: DrawPolicy.State?) -> ResumePoint {
        var point = start
        point.position = plan.position(afterBatch: number)
        point.batch = number + 1
        point.reference = drawState
        return point
    }

    /// Takes account of a batch that the consumer has got.
    func delivered(
        _ context: BatchContext, waited: UInt64, depth: Int, samples: Int, replaced: Int
    ) {
        last.update { $0 = context.resumePoint }
        meter.delivered(
            waited: waited, depth: depth, samples: samples, replaced: replaced,
            skipped: context.positions.count - samples, failures: context.failures.count)
    }
}
