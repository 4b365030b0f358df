import RedCapsJobs
import RedCapsLoading
import Foundation
import RedCapsCore

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
