package import RedCapsBase

/// What there is to say of a shard beyond its members: archives behind its first end marker, and bytes
/// that are lost.
package struct ShardEnding: Sendable {
    /// Bytes of a shard that hold no member that could be served.
    package struct Loss: Sendable, Equatable {
        package enum Kind: Sendable {
            /// Zeros, and perhaps the rest of a member, where headers should be; more follows.
            case hole
            /// Behind the end marker, up to the end of the file.
            case trailing
        }

        package let range: Range<UInt64>
        package let kind: Kind

        init(_ range: Range<UInt64>, _ kind: Kind) { (self.range, self.kind) = (range, kind) }
    }

    /// Where further archives begin that were joined to the first; their members are served.
    package private(set) var archives: [UInt64] = []
    package internal(set) var losses: [Loss] = []
    /// Where chains of headers begin that don't begin where the member before them ends: archives, and
    /// what follows holes.
    private(set) var starts: [UInt64] = []

    package init(losses: [Loss] = []) { self.losses = losses }

    /// Whether so many zeros may be an end marker and its padding: two blocks and less than a record of
    /// 10,240 bytes. Tapes have larger records, but an unfinished download looks just like them.
    private static func isPadding(_ zeros: Range<UInt64>) -> Bool { zeros.count < 1024 + 10_240 }

    /// Notes zeros behind which headers begin anew: padding, with an archive that was joined to it, or a
    /// hole.
    mutating func add(zeros: Range<UInt64>, mayBePadding: Bool = true) {
        if mayBePadding, Self.isPadding(zeros) {
            archives.append(zeros.upperBound)
        } else {
            losses.append(Loss(zeros, .hole))
        }
        starts.append(zeros.upperBound)
    }

    /// Notes zeros up to the end of the file: padding, or a hole.
    mutating func add(lastZeros zeros: Range<UInt64>) {
        if !Self.isPadding(zeros) { losses.append(Loss(zeros, .hole)) }
    }

    /// What is lost, if anything is: the first lost byte, and how many there are.
    package func failure(_ path: String) -> StoreError? {
        guard let first = losses.first else { return nil }
        let count = losses.reduce(UInt64(0)) { $0 + UInt64($1.range.count) }
        let holes = losses.filter { $0.kind == .hole }.count
        let places = holes > 1 ? " in \(holes) places" : ""
        let reason =
            switch first.kind {
            case .hole:
                "\(count) bytes are lost\(places): zeros where members should be, as an unfinished "
                    + "download leaves them; the members before and behind them are served"
            case .trailing:
                "\(count) bytes are lost: behind the end marker, and not those of a whole archive"
            }
        return StoreError(
            first.kind == .hole ? .truncated : .notATar, file: path,
            byteOffset: first.range.lowerBound, reason: reason)
    }

    /// What isn't as it should be though nothing is known to be lost.
    func warnings(_ path: String, _ end: ShardListing.End?) -> [StoreError] {
        var warnings = archives.map {
            StoreError(
                .notATar, file: path, byteOffset: $0,
                reason: "another archive begins behind the end marker; its members are served, too")
        }
        if let end, !end.hasMarker {
            warnings.append(.noEndMarker(path, at: end.offset))
        }
        return warnings
    }
}

extension StoreError {
    static func noEndMarker(_ path: String, at offset: UInt64?) -> StoreError {
        StoreError(
            .truncated, file: path, byteOffset: offset,
            reason: "no end marker; the shard may have been cut between two members")
    }
}
