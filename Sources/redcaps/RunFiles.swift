import ArgumentParser
import Foundation
import RedCapsCore

/// Where a run goes on, what is left out of it, and what is written down about it.
struct RunFiles: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Go on where the run left off that wrote this state.", valueName: "file"))
    var resume: String?

    @Option(
        help: ArgumentHelp(
            "Keep the state here, after the last batch and every second.",
            discussion: "All ranks have the same: {rank} in the name is replaced.",
            valueName: "file"))
    var saveState: String?

    @Option(
        help: ArgumentHelp(
            "Write what each batch held, a line of JSON each; {rank} in the name is replaced.",
            discussion: "A run that is resumed goes on with the ledger that is there.",
            valueName: "file"))
    var ledger: String?

    @Option(help: "Begin with this batch, to replay a part of a run.")
    var firstBatch: Int?

    @Option(
        help: ArgumentHelp(
            "Step over these batches, as in 100-120,300.", valueName: "ranges"))
    var skipBatches: String?

    func validate() throws {
        if let firstBatch, !(0..<1 << 48).contains(firstBatch) {
            throw ValidationError("--first-batch \(firstBatch) isn't in 0 ..< 2^48")
        }
        _ = try skips()
    }

    private func skips() throws -> [Range<Int>] {
        guard let skipBatches else { return [] }
        return try skipBatches.split(separator: ",", omittingEmptySubsequences: false).map { part in
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2,
                0 <= first, first <= last, last < 1 << 48
            else { throw ValidationError("--skip-batches: \"\(part)\" is no range of batches") }
            return first..<(last + 1)
        }
    }

    /// An argument that was given.
    var given: String? {
        [
            ("--resume", resume != nil), ("--save-state", saveState != nil),
            ("--ledger", ledger != nil), ("--first-batch", firstBatch != nil),
            ("--skip-batches", skipBatches != nil),
        ].first(where: \.1)?.0
    }

    /// Puts into the options what isn't about files.
    func apply(to options: inout LoaderOptions) throws {
        options.firstBatch = firstBatch
        options.skippedBatches = try skips()
    }

    /// The state to go on from.
    func resumePoint(rank: Int) throws -> ResumePoint? {
        try resume.map { name in
            let file = Self.name(name, rank: rank)
            guard let data = try? Data(contentsOf: URL(filePath: file)) else {
                throw ValidationFailure("\(file) can't be read, to resume from")
            }
            do {
                return try JSONDecoder().decode(ResumePoint.self, from: data)
            } catch {
                throw ValidationFailure("\(file) is no state of a loader")
            }
        }
    }

    static func name(_ name: String, rank: Int) -> String {
        name.replacingOccurrences(of: "{rank}", with: "\(rank)")
    }
}

/// Keeps a run's state and its ledger.
struct RunRecord {
    private let stateFile: String?
    private let ledgerFile: String?
    private var ledger: FileHandle?
    private let clock = ContinuousClock()
    private var lastSave: ContinuousClock.Instant
    private var unsaved: ResumePoint?

    init(_ files: RunFiles, _ context: DistributedContext) throws {
        let rank = context.rank
        stateFile = files.saveState.map { RunFiles.name($0, rank: rank) }
        lastSave = clock.now
        ledgerFile = files.ledger.map { RunFiles.name($0, rank: rank) }
        guard let name = ledgerFile else { return }
        guard context.worldSize == 1 || files.ledger != name else {
            throw ValidationFailure(
                "--ledger \(name) is one file for \(context.worldSize) ranks: it needs {rank} in its name"
            )
        }
        // A run that is resumed goes on with its ledger.
        if files.resume == nil || !FileManager.default.fileExists(atPath: name) {
            guard FileManager.default.createFile(atPath: name, contents: nil) else {
                throw ValidationFailure("\(name) can't be written")
            }
        }
        guard let handle = FileHandle(forUpdatingAtPath: name) else {
            throw ValidationFailure("\(name) can't be written")
        }
        ledger = handle
    }

    /// Takes in a batch that was delivered.
    mutating func add(_ batch: CaptionBatch) throws {
        if let ledger {
            try ledger.write(contentsOf: Data((LedgerLine(batch).text + "\n").utf8))
        }
        unsaved = batch.resumePoint
        if clock.now - lastSave > .seconds(1) { try save() }
    }

    /// Writes the state down; nobody ever sees half of it.
    mutating func save() throws {
        guard let stateFile, let point = unsaved else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let state = try encoder.encode(point)
        guard (try? state.write(to: URL(filePath: stateFile), options: .atomic)) != nil else {
            throw ValidationFailure("\(stateFile) can't be written")
        }
        (unsaved, lastSave) = (nil, clock.now)
    }

    /// Keeps the state of a run that delivers no batch, too. The ledger goes on behind the batches
    /// before the point: a run that was killed may have written more of them than its last state
    /// tells, and half a line.
    mutating func begin(at point: ResumePoint) throws {
        unsaved = point
        guard let ledger, let ledgerFile else { return }
        // Mapped: of a long ledger only the end is looked at.
        var lines = try Data(contentsOf: URL(filePath: ledgerFile), options: .alwaysMapped)[...]
        lines = lines[..<(lines.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0)]
        while !lines.isEmpty {
            let start = lines.dropLast().lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
            let line = try? JSONSerialization.jsonObject(with: lines[start...]) as? [String: Any]
            if let batch = line?["batch"] as? Int, batch < point.batch { break }
            lines = lines[..<start]
        }
        try ledger.truncate(atOffset: UInt64(lines.count))
        try ledger.seekToEnd()
    }
}

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
