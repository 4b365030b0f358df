import RedCapsBase
import RedCapsCore
import RedCapsTar

/// One verification on its way: shards, then references, then samples.
final class VerificationRun {
    private let verification: Verification
    private let cancellation: Cancellation
    private let observe: (Verification.Progress) -> Void
    private let found: (Finding) throws -> Void
    private var progress = Verification.Progress()
    private var report = Verification.Report()
    private var throttle = Throttle(.milliseconds(50))
    private var bad: [Int] = []

    init(
        _ verification: Verification, _ cancellation: Cancellation,
        _ report: @escaping (Verification.Progress) -> Void,
        _ found: @escaping (Finding) throws -> Void
    ) {
        self.verification = verification
        self.cancellation = cancellation
        observe = report
        self.found = found
    }

    func run() throws -> Verification.Report {
        let indexes = try index()
        let shards = indexes.flatMap(\.shards).map(\.path)
        guard !shards.isEmpty || samples != nil else {
            throw StoreError(
                .missing, file: verification.raw,
                reason: "no *.tar in this folder; an unpacked tree is verified with its list")
        }
        try checkShards(shards)
        for index in indexes { try findDuplicates(index) }
        if let samples { try check(samples) }
        report.badSamples = SkippedEntries(bad).all
        return report
    }

    private var samples: SampleIndex?

    /// Opens the index, which is built if need be.
    /// - Returns: The indexes of the folders with shards, each once.
    private func index() throws -> [TarIndex] {
        guard let manifest = verification.manifest else {
            let folder = try DatasetFolder(verification.raw, cancellation: cancellation)
            return [folder.index].compactMap(\.self)
        }
        let samples = try SampleIndex(
            list: manifest, images: verification.raw, annotations: verification.captionFolder,
            cancellation: cancellation)
        self.samples = samples
        return columnsByFolder.compactMap { samples.shards(of: samples.parts[$0[0]]) }
    }

    /// The columns of images and annotations that lie in the same folder.
    private var columnsByFolder: [[Int]] {
        verification.captionFolder == verification.raw ? [[0, 1]] : [[0], [1]]
    }

    // MARK: Telling

    private func begin(_ stage: Verification.Progress.Stage, of total: Int) {
        (progress.stage, progress.finished, progress.total) = (stage, 0, total)
        observe(progress)
    }

    private func advance(_ count: Int = 1) {
        progress.finished += count
        if throttle.passes() || progress.finished == progress.total { observe(progress) }
    }

    private func note(_ finding: Finding) throws {
        report.counts[finding.kind, default: 0] += 1
        progress.findings += 1
        if let sample = finding.sample { bad.append(sample) }
        try found(finding)
    }

    // MARK: Shards

    private func checkShards(_ paths: [String]) throws {
        begin(.shards, of: paths.count)
        let cancellation = cancellation
        try inOrder(paths.count, threads: 16, lookAhead: 64) { number in
            ShardCheck(paths[number], cancellation)
        } consume: { _, check in
            for finding in check.findings { try self.note(finding) }
            self.report.shards += 1
            self.report.members += check.memberCount
            self.advance()
        }
    }

    private func findDuplicates(_ index: TarIndex) throws {
        guard index.duplicateCount > 0 else { return }
        try index.forEachRecord { record in
            try pause(record.number)
            guard record.isReplaced else { return }
            try note(
                Finding(
                    .duplicate, file: index.shards[record.shard].path,
                    member: record.path.description, byteOffset: record.offset,
                    "a later member of the same path replaces it"))
        }
    }

    /// Makes things on threads and takes them in order; what `consume` throws ends it.
    private func inOrder<Product: Sendable>(
        _ count: Int, threads: Int, lookAhead: Int,
        produce: @escaping @Sendable (Int) -> Product,
        consume: (Int, Product) throws -> Void
    ) throws {
        try OrderedWork.run(
            count, threads: threads, lookAhead: lookAhead, produce: produce
        ) { number, product in
            try cancellation.check(verification.raw)
            try consume(number, product)
        }
    }

    /// Ends a long loop on the calling thread when that is asked for.
    private func pause(_ number: UInt64) throws {
        if number & 0xFFFF == 0 { try cancellation.check(verification.raw) }
    }

    // MARK: References

    private func check(_ samples: SampleIndex) throws {
        report.samples = samples.count
        begin(.references, of: samples.count)
        try reportMissing(samples)
        try checkMembers(samples)
        try checkTrees(samples)
        advance(samples.count)
        if verification.isDeep { try checkSamples(samples) }
    }

    private func reportMissing(_ samples: SampleIndex) throws {
        for index in try samples.missingSamples() {
            try pause(UInt64(index))
            for (column, part) in samples.parts.enumerated() {
                let kind: Finding.Kind = part == .image ? .missingImage : .missingAnnotation
                switch try samples.table.reference(row: index, column: column) {
                case .missing(let path):
                    try note(Finding(kind, member: path, sample: index, "in no shard"))
                case .absent:
                    try note(Finding(kind, sample: index, "the entry has no \(part) path"))
                default: break
                }
            }
        }
    }

    /// Members that nobody asks for, and members that are asked for but aren't files.
    private func checkMembers(_ samples: SampleIndex) throws {
        for columns in columnsByFolder {
            guard let index = samples.shards(of: samples.parts[columns[0]]) else { continue }
            var users = RecordUsers(count: index.recordCount)
            for column in columns {
                try samples.table.forEachRecord(column: column) { row, record in
                    try pause(UInt64(row))
                    users.add(record)
                }
            }
            var unfit: Set<UInt64> = []
            try index.forEachRecord { record in
                try pause(record.number)
                if users.contains(record.number) {
                    if record.kind != .file { unfit.insert(record.number) }
                } else if record.kind == .file, !record.isReplaced,
                    !HiddenName.isHidden(path: record.path.bytes)
                {
                    try note(
                        Finding(
                            .orphan, file: index.shards[record.shard].path,
                            member: record.path.description, byteOffset: record.offset,
                            "the list doesn't name it"))
                }
            }
            guard !unfit.isEmpty else { continue }
            for column in columns {
                try samples.table.forEachRecord(column: column) { row, record in
                    guard unfit.contains(record) else { return }
                    let path = try samples.table.reference(row: row, column: column).path
                    try note(
                        Finding(
                            .notAFile, member: path, sample: row,
                            "a link, a directory or another member that can't be served"))
                }
            }
        }
    }

    /// Folders without tars.
    private func checkTrees(_ samples: SampleIndex) throws {
        for columns in columnsByFolder
        where samples.shards(of: samples.parts[columns[0]]) == nil {
            let folder = columns[0] == 0 ? verification.raw : verification.captionFolder
            var check = TreeCheck(samples, columns, in: folder)
            let looked = check
            let size = 256
            try inOrder((samples.count + size - 1) / size, threads: 16, lookAhead: 64) { piece in
                looked.look(piece * size..<min((piece + 1) * size, samples.count))
            } consume: { _, part in
                for finding in part.findings { try note(finding) }
                check.add(part)
            }
            report.members += try check.orphans(cancellation, note)
        }
    }

    // MARK: Samples

    private func checkSamples(_ samples: SampleIndex) throws {
        begin(.samples, of: samples.count)
        let check = SampleCheck(samples, verification.rules)
        let size = 32
        let pieces = (samples.count + size - 1) / size
        var twins = DuplicateImageFinder(count: samples.count)
        var ids = IDComparison()
        try inOrder(pieces, threads: verification.jobs, lookAhead: 4 * verification.jobs) { piece in
            check.run(piece * size..<min((piece + 1) * size, samples.count))
        } consume: { _, results in
            for result in results {
                for finding in result.findings { try self.note(finding) }
                twins.add(result)
                ids.add(result)
            }
            self.advance(results.count)
        }
        for index in ids.contradictions {
            let paths = try samples.paths(index)
            guard !paths.image.isEmpty else { continue }
            try note(
                Finding(
                    .contradiction, member: paths.annotation, sample: index,
                    "its id isn't that of \(paths.image)"))
        }
        for group in try twins.groups() {
            let first = try samples.paths(group[0]).image
            for index in group {
                try note(
                    Finding(
                        .sameImage, member: try samples.paths(index).image, sample: index,
                        "\(group.count) samples with other captions have these bytes, the first is \(first)"
                    ))
            }
        }
    }
}

/// Which records somebody uses: a bit for each.
private struct RecordUsers {
    private var bits: [UInt64]

    init(count: Int) { bits = .init(repeating: 0, count: count / 64 + 1) }

    mutating func add(_ record: UInt64) {
        guard record / 64 < bits.count else { return }
        bits[Int(record / 64)] |= 1 << (record % 64)
    }

    func contains(_ record: UInt64) -> Bool { bits[Int(record / 64)] >> (record % 64) & 1 == 1 }
}
