import RedCapsBase
import RedCapsTar

/// Downsamples a shard into one with the same files in the same order.
struct ShardDownsampler {
    private let job: Downsampling
    private let workers: ImageWorkers
    private let state: DownsamplingState

    init(_ job: Downsampling, _ workers: ImageWorkers, _ state: DownsamplingState) {
        (self.job, self.workers, self.state) = (job, workers, state)
    }

    /// Downsamples a shard, unless an earlier run has done so.
    /// - Parameter shard: Its path relative to the input.
    func run(
        _ shard: String, _ meter: inout DownsamplingMeter,
        _ observer: (Downsampling.Progress) -> Void
    ) throws(StoreError) {
        let (from, to) = ("\(job.input)/\(shard)", "\(job.output)/\(shard)")
        guard let stamp = FileStamp(of: from) else {
            throw .system(from, "look at the shard")
        }
        if let record = state.record(shard, stamp), isWhole(to, record) {
            meter.keep(shard: stamp.byteCount, record)
            return try meter.pulse(observer)
        }
        let listing = ShardListing(path: from)
        if let failure = listing.failure {
            meter.fail(shard: stamp.byteCount, failure)
            return try meter.pulse(observer)
        }
        let part = FilePath.temporary(for: to)
        let before = meter.progress
        meter.warn(listing.warnings)
        let hash: UInt64
        do throws(StoreError) {
            let writer = try TarWriter.create(part, bufferSize: 1 << 20)
            try write(listing, from, shard, to: writer, &meter, observer)
            try writer.close(syncing: true)
            hash = try XXH64(ofFile: part).value
            try Disk.rename(part, to: to)
        } catch {
            try? Disk.remove(part)
            throw error
        }
        var record = meter.finish(shard: stamp.byteCount, since: before)
        record.hash = hash
        try state.note(record, of: shard, stamp)
    }

    /// Whether a shard is what an earlier run had written, byte by byte; of one without a hash, whether
    /// it has its end and as many members and bytes as it had.
    private func isWhole(_ path: String, _ record: DownsamplingState.Record) -> Bool {
        if let hash = record.hash { return (try? XXH64(ofFile: path).value) == hash }
        let listing = ShardListing(path: path)
        guard listing.failure == nil, listing.end?.hasMarker == true else { return false }
        let left = job.brokenImages == .copy ? 0 : record.broken.count
        return listing.members.count == record.images + record.others - left
            && listing.members.reduce(0) { $0 + $1.size } == record.bytesWritten
    }

    private func write(
        _ listing: ShardListing, _ path: String, _ shard: String, to writer: TarWriter,
        _ meter: inout DownsamplingMeter, _ observer: (Downsampling.Progress) -> Void
    ) throws(StoreError) {
        let (job, workers, members) = (job, workers, listing.members)
        let file = try OpenFile(path)
        try OrderedWork.run(
            members.count, threads: job.jobs, lookAhead: 4 * job.jobs,
            produce: { number -> Result<DownsamplingProduct, StoreError> in
                let member = members[number]
                guard member.kind == .file else { return .success(.other) }
                let name = String(decoding: member.name, as: UTF8.self)
                return Result { () throws(StoreError) in
                    try workers.product(name, file, at: member.offset, size: member.size)
                }
            },
            consume: { (number, result) throws(StoreError) in
                let member = members[number]
                let name = String(decoding: member.name, as: UTF8.self)
                guard member.kind == .file else {
                    if member.kind == .directory { return }
                    throw StoreError(
                        .notAFile, file: path, member: name,
                        reason: "neither a file nor a folder, which a downsampled shard can't hold")
                }
                let product = try result.get()
                try meter.count(product, file: shard, member: name)
                let written = try append(product, member, of: file, to: writer)
                meter.count(read: member.size, written: written)
                try meter.pulse(observer)
            })
        guard try file.stamp() == listing.stamp else {
            throw StoreError(
                .changed, file: path,
                reason: "was changed while it was downsampled; run again when nobody writes to it")
        }
    }

    /// - Returns: How many bytes the member has.
    private func append(
        _ product: DownsamplingProduct, _ member: TarMember, of file: OpenFile,
        to writer: TarWriter
    ) throws(StoreError) -> UInt64 {
        switch product {
        case .downsampled(let bytes):
            try writer.beginFile(bytes: member.name, size: UInt64(bytes.count))
            try writer.append(bytes.span)
            return UInt64(bytes.count)
        case .broken where job.brokenImages != .copy: return 0
        case .untouched, .other, .broken:
            try writer.beginFile(bytes: member.name, size: member.size)
            try file.forEachPiece(at: member.offset, size: member.size) {
                (piece) throws(StoreError) in try writer.append(piece)
            }
            return member.size
        }
    }
}
