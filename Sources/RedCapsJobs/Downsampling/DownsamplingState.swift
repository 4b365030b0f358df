import RedCapsImage
import RedCapsBase
import RedCapsTar

/// What earlier runs have left in the output: with which options, and what each shard came to.
struct DownsamplingState {
    private let folder: String

    /// What a finished shard came to, or a broken file that was copied.
    struct Record: Equatable {
        var images = 0
        var downsampled = 0
        var untouched = 0
        var others = 0
        var bytesRead: UInt64 = 0
        var bytesWritten: UInt64 = 0
        var broken: [Downsampling.BrokenImage] = []
    }

    /// Opens the state of an output, or begins one.
    /// - Throws: `occupied` if the output was made with other options.
    init(_ job: Downsampling) throws(StoreError) {
        folder = job.output + "/.redcaps-downsample"
        try Disk.makeFolder(folder)
        let wanted = Array(Self.describe(job).utf8)
        let path = folder + "/options"
        guard Disk.exists(path) else {
            try Disk.write(wanted, to: path)
            return
        }
        let found = try Self.bytes(of: path)
        guard found == wanted else {
            throw StoreError(
                .occupied, file: job.output,
                reason: "was made with other options (\(String(decoding: found, as: UTF8.self))); "
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

    private static func bytes(of path: String) throws(StoreError) -> [UInt8] {
        let file = try OpenFile(path)
        var buffer = ReadBuffer()
        try buffer.read(file, at: 0, count: Int(clamping: try file.size()))
        return buffer.copy()
    }

    private func path(_ shard: String) -> String {
        folder + "/" + String(XXH64.hash(Array(shard.utf8)), radix: 16)
    }

    /// What a shard came to, if the input is still the one that it was made of.
    func record(_ shard: String, _ stamp: FileStamp) -> Record? {
        guard let bytes = try? Self.bytes(of: path(shard)) else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 2, lines[0] == shard, lines.last == "" else { return nil }
        let numbers = lines[1].split(separator: " ").compactMap { Int($0) }
        guard numbers.count == 8, numbers[0] == stamp.byteCount, numbers[1] == stamp.modified else {
            return nil
        }
        var record = Record(
            images: numbers[2], downsampled: numbers[3], untouched: numbers[4], others: numbers[5],
            bytesRead: UInt64(clamping: numbers[6]), bytesWritten: UInt64(clamping: numbers[7]))
        for line in lines.dropFirst(2).dropLast() {
            let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard parts.count == 2 else { return nil }
            let member = parts[0].isEmpty ? nil : String(parts[0])
            record.broken.append(.init(file: shard, member: member, reason: String(parts[1])))
        }
        return record
    }

    /// Notes what a shard came to.
    func note(
        _ record: Record, of shard: String, _ stamp: FileStamp
    ) throws(StoreError) {
        var text =
            "\(shard)\n\(stamp.byteCount) \(stamp.modified) \(record.images) \(record.downsampled) "
            + "\(record.untouched) \(record.others) \(record.bytesRead) \(record.bytesWritten)\n"
        for broken in record.broken {
            text += "\(Self.oneLine(broken.member ?? ""))\t\(Self.oneLine(broken.reason))\n"
        }
        try Disk.write(Array(text.utf8), to: path(shard))
    }

    private static func oneLine(_ text: String) -> String {
        String(text.map { $0 == "\t" || $0.isNewline ? " " : $0 })
    }
}
