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
        case done(DownsamplingProduct, written: UInt64)
        case failed(StoreError)
    }

    /// Works through the files of a folder.
    func run(
        _ files: [DownsamplingInput.File], _ meter: inout DownsamplingMeter,
        _ observer: (Downsampling.Progress) -> Void
    ) throws(StoreError) {
        let (job, workers) = (job, workers)
        try OrderedWork.run(
            files.count, threads: job.jobs, lookAhead: 4 * job.jobs,
            produce: { number in
                do throws(StoreError) {
                    return try Self.outcome(of: files[number].path, job, workers)
                } catch {
                    return .failed(error)
                }
            },
            consume: { (number, outcome) throws(StoreError) in
                try count(outcome, of: files[number], &meter)
                try meter.pulse(observer)
            })
    }

    private func count(
        _ outcome: Outcome, of file: DownsamplingInput.File, _ meter: inout DownsamplingMeter
    ) throws(StoreError) {
        let stamp =
            job.brokenImages == .copy ? FileStamp(of: "\(job.input)/\(file.path)") : nil
        switch outcome {
        case .failed(let error): throw error
        case .kept:
            // One that was copied though it is broken is told again.
            meter.keep(file: file.size, stamp.flatMap { state.record(file.path, $0) })
        case .done(let product, let written):
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
        of path: String, _ job: Downsampling, _ workers: ImageWorkers
    ) throws(StoreError) -> Outcome {
        let (from, to) = ("\(job.input)/\(path)", "\(job.output)/\(path)")
        if let old = FileStamp(of: from), let new = FileStamp(of: to),
            new.modified >= old.modified
        {
            return .kept
        }
        let file = try OpenFile(from)
        let size = try file.size()
        let product = try workers.product(path, file, at: 0, size: size)
        switch product {
        case .downsampled(let bytes):
            try Disk.write(bytes, to: to)
            return .done(product.withoutBytes, written: UInt64(bytes.count))
        case .broken where job.brokenImages != .copy:
            // One that an earlier state of the file had made.
            if Disk.exists(to) { try Disk.remove(to) }
            return .done(product, written: 0)
        case .untouched, .other, .broken:
            try copy(file, size, to)
            return .done(product, written: size)
        }
    }

    private static func copy(
        _ file: OpenFile, _ size: UInt64, _ path: String
    ) throws(StoreError) {
        let output = try OutputFile(path)
        try file.forEachPiece(at: 0, size: size) { (piece) throws(StoreError) in
            try output.append(piece)
        }
        try output.finish(syncing: false)
    }
}
