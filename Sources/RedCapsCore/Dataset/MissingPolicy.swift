import Logging
import RedCapsBase
import RedCapsTar

/// What to do about samples whose image or annotation is in no shard, as after a download of some
/// shards only.
public enum MissingPolicy: Sendable, Hashable {
    /// They stay in the order and fail when their turn comes, as in the reference.
    case failSample
    /// They are left out when the data set is opened, and the others move up. The order then depends
    /// on what is there, which the data set's fingerprint takes into account.
    case dropAtOpen

    /// One line about what is missing, if anything is.
    func report(_ missing: Int, of count: Int, _ detail: String = "", to logger: Logger) {
        guard missing > 0 else { return }
        let fate = self == .failSample ? "they fail when used" : "they are left out"
        logger.warning(
            "\(missing) of \(count) samples lack one of their files\(detail); \(fate)")
    }
}

extension SampleIndex {
    /// How many shards with the same kind of trouble are told one by one.
    private static let mostTold = 5

    /// Tells about damaged shards and missing files: of each kind of damage the first few, a line each,
    /// and how many more there are.
    func report(to logger: Logger, _ missing: MissingPolicy) {
        var told: Set<ExactText> = []
        var counts: [StoreError.Code: Int] = [:]
        for shard in table.columns.flatMap({ $0.index?.shards ?? [] })
        where told.insert(ExactText(shard.path)).inserted {
            for trouble in [shard.failure].compactMap(\.self) + shard.warnings {
                counts[trouble.code, default: 0] += 1
                guard counts[trouble.code, default: 0] <= Self.mostTold else { continue }
                logger.warning("\(trouble)")
            }
        }
        let others = counts.values.reduce(0) { $0 + max(0, $1 - Self.mostTold) }
        if others > 0 {
            logger.warning("\(others) more like these; `redcaps index` tells all of them")
        }
        let names = missingByShard.prefix(3).map(\.name).joined(separator: ", ")
        let more = missingByShard.count > 3 ? ", … (\(missingByShard.count) folders)" : ""
        missing.report(missingCount, of: count, " (of \(names)\(more))", to: logger)
    }
}

/// Entries of a list that a data set leaves out: the others get new numbers, in the same order.
package struct SkippedEntries: Sendable {
    /// The entries, sorted, each once.
    private let entries: [Int]

    package init(_ entries: [Int]) {
        var sorted = entries.sorted()
        var kept = 0
        for place in sorted.indices where place == 0 || sorted[place] != sorted[place - 1] {
            sorted[kept] = sorted[place]
            kept += 1
        }
        self.entries = Array(sorted[..<kept])
    }

    var count: Int { entries.count }
    package var all: [Int] { entries }

    /// The entry that got a number.
    func entry(_ index: Int) -> Int {
        // Before the omitted entry at place k, entries[k] - k entries are kept.
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle] - middle <= index { low = middle + 1 } else { high = middle }
        }
        return index + low
    }

    /// A list's fingerprint without these entries.
    func fingerprint(_ list: UInt64) -> UInt64 {
        entries.reduce(list) { ($0 ^ UInt64($1)) &* 0x9E37_79B1_85EB_CA87 &+ 1 }
    }
}
