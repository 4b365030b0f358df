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
            throw StoreError(.missing, file: from, reason: "the shard is gone")
        }
        if Disk.exists(to), let record = state.record(shard, stamp) {
            meter.keep(shard: stamp.byteCount, record)
            return try meter.pulse(observer)
        }
        let listing = ShardListing(path: from)
        if let failure = listing.failure { throw failure }
        let part = FilePath.temporary(for: to)
        let before = meter.progress
        do throws(StoreError) {
            let writer = try TarWriter.create(part, bufferSize: 1 << 20)
            try write(listing, from, shard, to: writer, &meter, observer)
            try writer.close(syncing: true)
            try Disk.rename(part, to: to)
        } catch {
            try? Disk.remove(part)
            throw error
        }
        try state.note(meter.finish(shard: stamp.byteCount, since: before), of: shard, stamp)
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
