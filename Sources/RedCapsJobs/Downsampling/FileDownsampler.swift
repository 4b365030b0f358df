import RedCapsBase

/// Downsamples files that lie in no shard, in the order of their names.
struct FileDownsampler {
    private let job: Downsampling
    private let workers: ImageWorkers
    private let state: DownsamplingState

    init(_ job: Downsampling, _ workers: ImageWorkers, _ state: DownsamplingState) {
        (self.job, self.workers, self.state) = (job, workers, state)
    }

    private enum Outcome: Sendable {
        case kept
        /// - Parameters:
        ///   - written: The length of the result.
        ///   - entry: What there is to note of the result; `nil` if there is none.
        case done(DownsamplingProduct, written: UInt64, entry: FileJournal.Entry?)
        case failed(StoreError)
    }

    /// Works through the files of a folder.
    func run(
        _ files: [DownsamplingInput.File], in folder: String, _ meter: inout DownsamplingMeter,
        _ observer: (Downsampling.Progress) -> Void
    ) throws(StoreError) {
        let (job, workers) = (job, workers)
        let journal = FileJournal(state.folder, of: folder)
        let known = files.isEmpty ? [:] : try journal.entries()
        try OrderedWork.run(
            files.count, threads: job.jobs, lookAhead: 4 * job.jobs,
            produce: { number in
                do throws(StoreError) {
                    let path = files[number].path
                    let name = Array(FilePath.split(path).name.utf8)
                    return try Self.outcome(of: path, known[name] ?? [], job, workers)
                } catch {
                    return .failed(error)
                }
            },
            consume: { (number, outcome) throws(StoreError) in
                try count(outcome, of: files[number], journal, &meter)
                try meter.pulse(observer)
            })
    }

    private func count(
        _ outcome: Outcome, of file: DownsamplingInput.File, _ journal: FileJournal,
        _ meter: inout DownsamplingMeter
    ) throws(StoreError) {
        let stamp =
            job.brokenImages == .copy ? FileStamp(of: "\(job.input)/\(file.path)") : nil
        switch outcome {
        case .failed(let error): throw error
        case .kept:
            // One that was copied though it is broken is told again.
            meter.keep(file: file.size, stamp.flatMap { state.record(file.path, $0) })
        case .done(let product, let written, let entry):
            if let entry { try journal.note(entry, of: FilePath.split(file.path).name) }
            try meter.count(product, file: file.path, member: nil)
            if case .broken(let reason) = product, let stamp {
                let image = Downsampling.BrokenImage(file: file.path, member: nil, reason: reason)
                let record = DownsamplingState.Record(images: 1, broken: [image])
                try state.note(record, of: file.path, stamp)
            }
            meter.count(read: file.size, written: written)
        }
    }

    private static func outcome(
        of path: String, _ known: [FileJournal.Entry], _ job: Downsampling,
        _ workers: ImageWorkers
    ) throws(StoreError) -> Outcome {
        let (from, to) = ("\(job.input)/\(path)", "\(job.output)/\(path)")
        let file = try OpenFile(from)
        let stamp = try file.stamp()
        if known.contains(where: { $0.input == stamp }), let there = try? XXH64(ofFile: to).value,
            known.contains(.init(input: stamp, result: there))
        {
            return .kept
        }
        let size = stamp.byteCount
        let product = try workers.product(path, file, at: 0, size: size)
        switch product {
        case .downsampled(let bytes):
            try Disk.write(bytes, to: to)
            let entry = FileJournal.Entry(input: stamp, result: XXH64.hash(bytes))
            return .done(product.withoutBytes, written: UInt64(bytes.count), entry: entry)
        case .broken where job.brokenImages != .copy:
            // One that an earlier state of the file had made.
            if Disk.exists(to) { try Disk.remove(to) }
            return .done(product, written: 0, entry: nil)
        case .untouched, .other, .broken:
            let hash = try copy(file, size, to)
            return .done(
                product, written: size, entry: FileJournal.Entry(input: stamp, result: hash))
        }
    }

    /// - Returns: The hash of the bytes.
    private static func copy(
        _ file: OpenFile, _ size: UInt64, _ path: String
    ) throws(StoreError) -> UInt64 {
        let output = try OutputFile(path)
        var hash = XXH64()
        try file.forEachPiece(at: 0, size: size) { (piece) throws(StoreError) in
            hash.update(piece)
            try output.append(piece)
        }
        try output.finish(syncing: false)
        return hash.value
    }
}

extension XXH64 {
    /// The hash of a file's bytes.
    init(ofFile path: String) throws(StoreError) {
        let file = try OpenFile(path)
        var hash = XXH64()
        try file.forEachPiece(at: 0, size: try file.size()) { (piece) throws(StoreError) in
            hash.update(piece)
        }
        self = hash
    }
}
