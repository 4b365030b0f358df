import RedCapsBase

/// A shard on its way into place.
struct StagedShard: Sendable {
    /// Its place in the list of shards.
    let number: Int
    /// Held until it is in place; `nil` where the file system knows no locks.
    let lock: FileLock?
    var note: ExtractionState.Note
    var folders: [Unpacked.Folder] = []
    /// Whether an earlier run has put it into place.
    var isKept = false

    /// Takes in what it has come to.
    /// - Parameter isWhole: Whether it could be read to its end.
    mutating func finish(_ unpacked: Unpacked, isWhole: Bool) {
        note.files = unpacked.files
        note.bytes = unpacked.bytes
        note.replaced = unpacked.replaced
        note.warnings = unpacked.warnings
        note.refused = unpacked.refused.sorted { ($0.byteOffset ?? 0) < ($1.byteOffset ?? 0) }
        note.isWhole = isWhole
        note.folders = unpacked.folders
        folders = unpacked.folders
    }
}

/// A shard that several threads work on, piece by piece.
struct SharedShard {
    let shard: SplitShard
    var staged: StagedShard
    private var nextPiece = 0
    private var unfinished: Int
    private(set) var unpacked = Unpacked()

    init(_ shard: SplitShard, _ staged: StagedShard, _ listing: ShardListing) {
        (self.shard, self.staged) = (shard, staged)
        unpacked.warnings = listing.warnings
        unfinished = shard.pieces.count
        unpacked.refused = shard.refused
        if let failure = listing.failure { unpacked.refused.append(failure) }
    }

    var piecesLeft: Int { shard.pieces.count - nextPiece }
    var isFinished: Bool { unfinished == 0 }

    mutating func takePiece() -> Range<Int>? {
        guard nextPiece < shard.pieces.count else { return nil }
        defer { nextPiece += 1 }
        return shard.pieces[nextPiece]
    }

    mutating func finish(_ piece: Unpacked) {
        unpacked.add(piece)
        unfinished -= 1
    }
}
