import RedCapsBase
import RedCapsImage
import RedCapsTar

/// What earlier runs have left in the output: with which options, and what each shard came to.
struct DownsamplingState {
    private let state: JobState
    private let input: String
    /// Where it lies.
    var folder: String { state.folder }

    /// What a finished shard came to, or a broken file that was copied.
    struct Record: Equatable {
        var images = 0
        var downsampled = 0
        var untouched = 0
        var others = 0
        var bytesRead: UInt64 = 0
        var bytesWritten: UInt64 = 0
        var broken: [Downsampling.BrokenImage] = []
        var warnings: [StoreError] = []
        /// The hash of the shard that was written; older versions didn't note it.
        var hash: UInt64?
    }

    /// Opens the state of an output, or begins one.
    /// - Throws: `occupied` if the output was made with other options.
    init(_ job: Downsampling) throws(StoreError) {
        input = job.input
        state = JobState(job.output + "/.redcaps-downsample", job: "downsample")
        try Disk.makeFolder(state.folder)
        let wanted = Self.describe(job)
        let found: String
        switch state.read("options") {
        case .current(var reader): found = reader.string() ?? ""
        case .older(let text): found = String(decoding: text, as: UTF8.self)
        case nil where Disk.exists(state.path("options")): found = "damaged"
        case nil:
            var body = PackedBytes()
            body.append(wanted)
            try state.write(body, as: "options")
            found = wanted
        }
        guard found == wanted else {
            throw StoreError(
                .occupied, file: job.output,
                reason: "was made with other options (\(found)); "
                    + "remove it or choose another folder")
        }
    }

    private static func describe(_ job: Downsampling) -> String {
        let options = job.options
        return "version 1, shortest edge \(options.shortestEdge), "
            + "quality \(options.encoder.quality), sampling \(options.encoder.sampling), "
            + "progressive \(options.encoder.isProgressive), profile \(options.profile.rawValue), "
            + "orientation \(options.appliesOrientation), metadata \(options.keepsMetadata), "
            + "broken images \(job.brokenImages.rawValue)"
    }

    private static func name(_ shard: String) -> String {
        String(XXH64.hash(Array(shard.utf8)), radix: 16)
    }

    /// What a shard came to, if the input is still the one that it was made of.
    func record(_ shard: String, _ stamp: FileStamp) -> Record? {
        switch state.read(Self.name(shard)) {
        case .current(var reader): Record(&reader, shard, "\(input)/\(shard)", stamp)
        case .older(let text): Record(text: text, shard, stamp)
        case nil: nil
        }
    }

    /// Notes what a shard came to.
    func note(
        _ record: Record, of shard: String, _ stamp: FileStamp
    ) throws(StoreError) {
        try state.write(record.packed(shard, stamp), as: Self.name(shard))
    }
}

extension DownsamplingState.Record {
    fileprivate func packed(_ shard: String, _ stamp: FileStamp) -> PackedBytes {
        var bytes = PackedBytes()
        bytes.append(shard)
        bytes.append(stamp.byteCount, width: 8)
        bytes.append(UInt64(bitPattern: stamp.modified), width: 8)
        for count in [images, downsampled, untouched, others] {
            bytes.append(UInt64(count), width: 8)
        }
        bytes.append(bytesRead, width: 8)
        bytes.append(bytesWritten, width: 8)
        bytes.append(UInt64(broken.count), width: 8)
        for image in broken {
            bytes.append(image.member == nil ? 0 : 1, width: 1)
            bytes.append(image.member ?? "")
            bytes.append(image.reason)
        }
        guard let hash else { return bytes }
        bytes.append(hash, width: 8)
        bytes.append(warnings)
        return bytes
    }

    /// - Returns: `nil` if the record is of another shard, or of another state of it.
    fileprivate init?(
        _ reader: inout PackedReader, _ shard: String, _ path: String, _ stamp: FileStamp
    ) {
        guard reader.string() == shard, reader.number(8) == stamp.byteCount,
            reader.number(8) == UInt64(bitPattern: stamp.modified)
        else { return nil }
        var numbers: [UInt64] = []
        while numbers.count < 7, let number = reader.number(8) { numbers.append(number) }
        guard numbers.count == 7 else { return nil }
        self.init(
            images: Int(clamping: numbers[0]), downsampled: Int(clamping: numbers[1]),
            untouched: Int(clamping: numbers[2]), others: Int(clamping: numbers[3]),
            bytesRead: numbers[4], bytesWritten: numbers[5])
        for _ in 0..<numbers[6] {
            guard let hasMember = reader.number(1), let member = reader.string(),
                let reason = reader.string()
            else { return nil }
            broken.append(
                .init(file: shard, member: hasMember == 1 ? member : nil, reason: reason))
        }
        hash = reader.number(8)
        warnings = reader.errors(of: path) ?? []
    }

    /// Reads a record of the versions before `JobState`: lines of text, the shard's path, eight
    /// numbers, and for each broken image its member, a tab and the reason.
    fileprivate init?(text: [UInt8], _ shard: String, _ stamp: FileStamp) {
        let lines = String(decoding: text, as: UTF8.self).pieces(at: "\n", keepingEmpty: true)
        guard lines.count >= 3, lines[0].isExactly(shard), lines.last == "" else { return nil }
        let numbers = lines[1].split(separator: " ").compactMap { Int($0) }
        guard numbers.count == 8, numbers[0] == stamp.byteCount, numbers[1] == stamp.modified else {
            return nil
        }
        self.init(
            images: numbers[2], downsampled: numbers[3], untouched: numbers[4], others: numbers[5],
            bytesRead: UInt64(clamping: numbers[6]), bytesWritten: UInt64(clamping: numbers[7]))
        for line in lines.dropFirst(2).dropLast() {
            let parts = line.pieces(at: "\t", keepingEmpty: true)
            guard parts.count == 2 else { return nil }
            let member = parts[0].isEmpty ? nil : String(parts[0])
            broken.append(.init(file: shard, member: member, reason: String(parts[1])))
        }
    }
}
