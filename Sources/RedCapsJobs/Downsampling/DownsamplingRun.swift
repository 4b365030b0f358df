import RedCapsBase
import RedCapsTar

/// One run of a downsampling, folder by folder.
struct DownsamplingRun {
    private let job: Downsampling
    private let cancellation: Cancellation

    init(_ job: Downsampling, _ cancellation: Cancellation) {
        (self.job, self.cancellation) = (job, cancellation)
    }

    func run(
        _ observer: (Downsampling.Progress) -> Void
    ) throws(StoreError) -> Downsampling.Report {
        for (inner, outer) in [(job.output, job.input), (job.input, job.output)]
        where FilePath.isInside(inner, outer) {
            throw StoreError(
                .occupied, file: inner, reason: "lies in \(outer); choose another folder")
        }
        let input = try DownsamplingInput(job.input, job.share)
        try Disk.makeFolder(job.output)
        let state = try DownsamplingState(job)
        // Several shares may be written to one folder at the same time.
        let lock = try FileLock.share(folder: job.output, cancellation) { () throws(StoreError) in
            for folder in input.folders { try removeLeftovers(in: folder) }
        }
        defer { withExtendedLifetime(lock) {} }
        let workers = ImageWorkers(job.options)
        let files = FileDownsampler(job, workers, state)
        let shards = ShardDownsampler(job, workers, state)
        var meter = DownsamplingMeter(job, cancellation, totalBytes: input.totalBytes)
        var number = 0
        try meter.pulse(observer)
        do throws(StoreError) {
            for folder in input.folders {
                if !folder.isEmpty { try Disk.makeFolder("\(job.output)/\(folder)") }
                let found = try input.files(in: folder, after: &number)
                try files.run(
                    found.filter { !ShardName.isPlain($0.path) }, in: folder, &meter, observer)
                for shard in found where ShardName.isPlain(shard.path) {
                    try shards.run(shard.path, &meter, observer)
                }
            }
            observer(meter.progress)
            try cancellation.check(job.output)
        } catch {
            observer(meter.progress)
            throw error.and(meter.failures)
        }
        if let first = meter.failures.first { throw first.and(meter.failures.dropFirst()) }
        return meter.progress.report
    }

    /// Removes files that a killed run has left half written, be it of this version,
    /// `.NAME.….part`, or of an older one, `.NAME.part`, where `NAME` is a file of the input.
    /// Nobody else may be writing.
    private func removeLeftovers(in folder: String) throws(StoreError) {
        let path = folder.isEmpty ? "" : "/\(folder)"
        guard Disk.isFolder(job.output + path) else { return }
        for name in try FolderListing.fileNames(job.output + path)
        where name.beginsExactly(with: ".") && name.endsExactly(with: FilePath.temporarySuffix) {
            let older = Substring(
                name.utf8.dropFirst().dropLast(FilePath.temporarySuffix.utf8.count))
            let current = older.pieces(at: ".", keepingEmpty: true)
                .dropLast().joined(separator: ".")
            let isOurs = [String(older), current].contains { name in
                !name.isEmpty && Disk.isFile("\(job.input)\(path)/\(name)")
            }
            if isOurs { try Disk.remove("\(job.output)\(path)/\(name)") }
        }
    }
}
