import RedCapsBase
import RedCapsCore

/// What a batch held, as one line of a ledger.
struct LedgerLine {
    let text: String

    init(_ batch: CaptionBatch) {
        let positions = batch.context.positions
        var place = JSONLine()
        place.add("start", positions.start)
        place.add("stride", positions.stride)
        place.add("count", positions.count)
        var line = JSONLine()
        line.add("batch", batch.context.number)
        line.add("positions", json: place.text)
        line.add("indices", batch.samples.map(\.index))
        let replaced = batch.samples.filter { $0.used != $0.index }.map { sample in
            var line = JSONLine()
            line.add("position", sample.position)
            line.add("index", sample.index)
            line.add("used", sample.used)
            return line.text
        }
        line.add("replaced", json: "[" + replaced.joined(separator: ", ") + "]")
        let failures = batch.context.failures.map { failure in
            var line = JSONLine()
            line.add("position", failure.position)
            line.add("index", failure.index)
            line.add("path", failure.path)
            line.add("reason", "\(failure.error)")
            return line.text
        }
        line.add("failures", json: "[" + failures.joined(separator: ", ") + "]")
        text = line.text
    }
}
