import RedCapsBase
import RedCapsImage
import RedCapsTar

/// One run of a downsampling.
struct DownsamplingRun {
    typealias Observer = (Downsampling.Progress) throws(StoreError) -> Void

    private let job: Downsampling
    private let tools: Tools

    init(_ job: Downsampling) {
        self.job = job
        tools = Tools(job)
    }

    func run(_ observer: Observer) throws(StoreError) -> Downsampling.Progress {
        for (inner, outer) in [(job.output, job.input), (job.input, job.output)]
        where FilePath.isInside(inner, outer) {
            throw StoreError(
                .occupied, file: inner, reason: "lies in \(outer); choose another folder")
        }
        let input = try DownsamplingInput(job.input, job.share)
        try Disk.makeFolder(job.output)
        let state = try DownsamplingState(job)
        var meter = Meter()
        meter.progress.totalBytes = input.totalBytes
        var number = 0
        for folder in input.folders {
            if !folder.isEmpty { try Disk.makeFolder("\(job.output)/\(folder)") }
            let files = try input.files(in: folder, after: &number)
            try downsample(
                files.filter { !DownsamplingInput.isShard($0.path) }, state, &meter, observer)
            for shard in files where DownsamplingInput.isShard(shard.path) {
                try downsample(shard.path, state, &meter, observer)
            }
        }
        try observer(meter.progress)
        return meter.progress
    }

    // MARK: Files

    /// What became of a file.
    private enum FileResult: Sendable {
        case kept
        case done(Tools.Product, written: UInt64)
        case failed(StoreError)
    }

    private func downsample(
        _ files: [DownsamplingInput.File], _ state: DownsamplingState,
        _ meter: inout Meter, _ observer: Observer
    ) throws(StoreError) {
        let (job, tools) = (job, tools)
        try OrderedWork.run(
            files.count, threads: job.jobs, lookAhead: 4 * job.jobs,
            produce: { number in
                let file = files[number]
                do throws(StoreError) { return try Self.downsample(file.path, job, tools) } catch {
                    return .failed(error)
                }
            },
            consume: { (number, result) throws(StoreError) in
                let file = files[number]
                switch result {
                case .kept:
                    meter.progress.kept += 1
                    // One that was copied though it is broken is told again.
                    if job.brokenImages == .copy,
                        let stamp = FileStamp(of: "\(job.input)/\(file.path)"),
                        let record = state.record(file.path, stamp)
                    {
                        meter.progress.images += record.images
                        meter.progress.broken += record.broken
                    }
                    meter.progress.doneBytes += file.size
                case .failed(let error): throw error
                case .done(let product, let written):
                    try meter.note(product, file: file.path, member: nil, job)
                    if case .broken(let reason) = product, job.brokenImages == .copy,
                        let stamp = FileStamp(of: "\(job.input)/\(file.path)")
                    {
                        let image = Downsampling.BrokenImage(
                            file: file.path, member: nil, reason: reason)
                        let record = DownsamplingState.Record(images: 1, broken: [image])
                        try state.note(record, of: file.path, stamp)
                    }
                    meter.progress.bytesRead += file.size
                    meter.progress.bytesWritten += written
                    meter.progress.doneBytes += file.size
                }
                try meter.pulse(observer)
            })
    }

    private static func downsample(
        _ path: String, _ job: Downsampling, _ tools: Tools
    ) throws(StoreError) -> FileResult {
        let (from, to) = ("\(job.input)/\(path)", "\(job.output)/\(path)")
        if let old = FileStamp(of: from), let new = FileStamp(of: to),
            new.modified >= old.modified
        {
            return .kept
        }
        let file = try OpenFile(from)
        let size = try file.size()
        let product = try tools.product(path, file, at: 0, size: size)
        switch product {
        case .downsampled(let bytes):
            try Disk.write(bytes, to: to)
            return .done(product.withoutBytes, written: UInt64(bytes.count))
        case .untouched, .other:
            try copy(file, size, to)
            return .done(product, written: size)
        case .broken where job.brokenImages == .copy:
            try copy(file, size, to)
            return .done(product, written: size)
        case .broken:
            // One that an earlier state of the file had made.
            if Disk.exists(to) { try Disk.remove(to) }
            return .done(product, written: 0)
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

    // MARK: Shards

    private func downsample(
        _ shard: String, _ state: DownsamplingState, _ meter: inout Meter, _ observer: Observer
    ) throws(StoreError) {
        let (from, to) = ("\(job.input)/\(shard)", "\(job.output)/\(shard)")
        guard let stamp = FileStamp(of: from) else {
            throw StoreError(.missing, file: from, reason: "the shard is gone")
        }
        if Disk.exists(to), let record = state.record(shard, stamp) {
            meter.add(record, shardSize: stamp.byteCount)
            meter.progress.kept += 1
            return try meter.pulse(observer)
        }
        let listing = ShardListing(path: from)
        if let failure = listing.failure { throw failure }
        let folder = to.lastIndex(of: "/").map { String(to[..<$0]) } ?? "."
        let name = to.split(separator: "/").last.map(String.init) ?? to
        let part = "\(folder)/.\(name).part"
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
        let now = meter.progress
        let record = DownsamplingState.Record(
            images: now.images - before.images, downsampled: now.downsampled - before.downsampled,
            untouched: now.untouched - before.untouched, others: now.others - before.others,
            bytesRead: now.bytesRead - before.bytesRead,
            bytesWritten: now.bytesWritten - before.bytesWritten,
            broken: Array(now.broken.dropFirst(before.broken.count)))
        try state.note(record, of: shard, stamp)
        meter.progress.shards += 1
        meter.progress.doneBytes = before.doneBytes + stamp.byteCount
    }

    private func write(
        _ listing: ShardListing, _ path: String, _ shard: String, to writer: TarWriter,
        _ meter: inout Meter, _ observer: Observer
    ) throws(StoreError) {
        let (job, tools, members) = (job, tools, listing.members)
        let file = try OpenFile(path)
        try OrderedWork.run(
            members.count, threads: job.jobs, lookAhead: 4 * job.jobs,
            produce: { number -> Result<Tools.Product, StoreError> in
                let member = members[number]
                guard member.kind == .file else { return .success(.other) }
                let name = String(decoding: member.name, as: UTF8.self)
                return Result { () throws(StoreError) in
                    try tools.product(name, file, at: member.offset, size: member.size)
                }
            },
            consume: { (number, result) throws(StoreError) in
                let member = members[number]
                guard member.kind == .file else {
                    if member.kind == .directory { return }
                    throw StoreError(
                        .notAFile, file: path,
                        member: String(decoding: member.name, as: UTF8.self),
                        reason: "neither a file nor a folder, which a downsampled shard can't hold")
                }
                let product = try result.get()
                try meter.note(
                    product, file: shard, member: String(decoding: member.name, as: UTF8.self), job)
                meter.progress.bytesRead += member.size
                meter.progress.doneBytes += member.size
                switch product {
                case .downsampled(let bytes):
                    try writer.beginFile(bytes: member.name, size: UInt64(bytes.count))
                    try writer.append(bytes.span)
                    meter.progress.bytesWritten += UInt64(bytes.count)
                case .broken where job.brokenImages != .copy: break
                case .untouched, .other, .broken:
                    try writer.beginFile(bytes: member.name, size: member.size)
                    try file.forEachPiece(at: member.offset, size: member.size) {
                        (piece) throws(StoreError) in try writer.append(piece)
                    }
                    meter.progress.bytesWritten += member.size
                }
                try meter.pulse(observer)
            })
    }
}

/// Counts what is done, and tells it now and then.
private struct Meter {
    var progress = Downsampling.Progress()
    private var throttle = Throttle(.milliseconds(50))

    mutating func pulse(_ observer: DownsamplingRun.Observer) throws(StoreError) {
        if throttle.passes() { try observer(progress) }
    }

    mutating func note(
        _ product: Tools.Product, file: String, member: String?, _ job: Downsampling
    ) throws(StoreError) {
        switch product {
        case .other: progress.others += 1
        case .untouched:
            progress.images += 1
            progress.untouched += 1
        case .downsampled:
            progress.images += 1
            progress.downsampled += 1
        case .broken(let reason):
            if job.brokenImages == .stop {
                throw StoreError(
                    .refused, file: "\(job.input)/\(file)", member: member, reason: reason)
            }
            progress.images += 1
            progress.broken.append(.init(file: file, member: member, reason: reason))
        }
    }

    mutating func add(_ record: DownsamplingState.Record, shardSize: UInt64) {
        progress.images += record.images
        progress.downsampled += record.downsampled
        progress.untouched += record.untouched
        progress.others += record.others
        progress.bytesRead += record.bytesRead
        progress.bytesWritten += record.bytesWritten
        progress.broken += record.broken
        progress.shards += 1
        progress.doneBytes += shardSize
    }
}

/// What threads downsample with: a downsampler and a buffer each, taken and given back.
private final class Tools: Sendable {
    /// What became of a file.
    enum Product: Sendable {
        case downsampled([UInt8])
        case untouched
        /// No image.
        case other
        case broken(String)

        var withoutBytes: Product {
            if case .downsampled = self { .downsampled([]) } else { self }
        }
    }

    /// One thread's.
    private final class Kit {
        let downsampler: Downsampler
        var buffer = ReadBuffer()

        init(_ options: DownsamplingOptions) throws(ImageError) {
            downsampler = try Downsampler(options)
        }
    }

    private let options: DownsamplingOptions
    private let free = ConditionLock<[Kit]>([])

    init(_ job: Downsampling) { options = job.options }

    /// Downsamples a file, or says why not.
    func product(
        _ name: String, _ file: OpenFile, at offset: UInt64, size: UInt64
    ) throws(StoreError) -> Product {
        let idle = free.update { $0.popLast() }
        let kit: Kit
        if let idle {
            kit = idle
        } else {
            do throws(ImageError) { kit = try Kit(options) } catch {
                throw StoreError(.system, file: file.path, reason: error.reason)
            }
        }
        defer { free.update { $0.append(kit) } }
        // Enough for a format to be told.
        try kit.buffer.read(file, at: offset, count: Int(min(size, 16)))
        guard kit.buffer.withBytes({ DownsamplingInput.isImage(name, $0) }) else { return .other }
        guard size <= UInt64(options.limits.maxBytes), size <= 1 << 32 else {
            return .broken("\(size) bytes are more than the limit")
        }
        try kit.buffer.read(file, at: offset, count: Int(size))
        return kit.buffer.withBytes { bytes in
            do throws(ImageError) {
                return try kit.downsampler.downsample(bytes).bytes.map(Product.downsampled)
                    ?? .untouched
            } catch {
                return .broken(error.reason)
            }
        }
    }
}
