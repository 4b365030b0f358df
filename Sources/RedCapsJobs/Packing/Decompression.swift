import RedCapsBase
import RedCapsTar

/// Turns a compressed tar into a plain one, as a stream.
enum Decompression {
    /// Decompresses a file (gzip, zstd, xz or bzip2).
    /// - Throws: `StoreError` for damaged or cut input; then nothing of the output remains.
    static func run(
        _ input: String, to output: String, monitor: PackingMonitor
    ) throws(StoreError) {
        let file = try OutputFile(output)
        let source = try ArchiveSource(input, without: nil, monitor.cancellation)
        var throttle = Throttle(.milliseconds(50))
        var reported: UInt64 = 0
        func report() {
            let unreported = source.position - reported
            monitor.advance { $0.decompressedBytes += unreported }
            reported = source.position
        }
        while true {
            let piece = unsafe source.next()
            try monitor.check()
            if unsafe piece.isEmpty { break }
            unsafe try file.write(piece)
            if throttle.passes() { report() }
        }
        report()
        try source.checkEnd()
        try file.finish()
    }
}
