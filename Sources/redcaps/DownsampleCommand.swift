import RedCapsBase
import RedCapsImage
import RedCapsJobs
import RedCapsLoading
public import ArgumentParser
public import RedCapsCore

struct DownsampleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "downsample",
        abstract: "Makes the images of a folder, or of tar shards, smaller for good.",
        discussion: """
            OUT gets the structure of IN: tars become tars, everything that is no image is copied, and \
            an image that is small enough stays as it is. A run that was killed is continued by running \
            it again. Broken images are told one by one, and the exit code is 1.

            Example:
              redcaps downsample raw --into small --shortest-edge 512
            """)

    @Argument(help: ArgumentHelp("A folder of images, or of tars.", valueName: "in"))
    var input: String

    @Option(help: ArgumentHelp("The folder to write to.", valueName: "out"))
    var into: String

    @Option(help: "The most pixels that the shorter edge may have.")
    var shortestEdge: Int

    @Option(help: "Quality of the JPEGs, 1 to 100.")
    var quality = 90

    @Option(help: "How finely colour is stored; by default 444 from quality 90 on, else 420.")
    var sampling: Sampling?

    @Flag(help: "Write progressive JPEGs.")
    var progressive = false

    @Option(help: "What becomes of ICC profiles: keep, convert (to sRGB) or drop.")
    var profile = DownsamplingOptions.Profile.keep

    @Flag(help: "Turn images as their metadata say.")
    var applyOrientation = false

    @Flag(help: "Leave EXIF, XMP and IPTC data out.")
    var dropMetadata = false

    @Option(help: "Threads; by default the usable cores.")
    var jobs: Int?

    @Option(
        help: ArgumentHelp(
            "Every n-th of the shards, or of the files, beginning with the i-th (0 ≤ i < n).",
            valueName: "i/n"))
    var shard = "0/1"

    @Option(help: "What becomes of a broken image: it is left out, copied, or ends the run.")
    var onError = Downsampling.BrokenImages.skip

    @Flag(help: "Print one line of JSON at the end.")
    var json = false

    enum Sampling: String, ExpressibleByArgument, CaseIterable {
        case s444 = "444"
        case s422 = "422"
        case s420 = "420"

        var value: JPEGEncoder.Sampling {
            switch self {
            case .s444: .s444
            case .s422: .s422
            case .s420: .s420
            }
        }
    }

    func validate() throws {
        _ = try downsampling()
    }

    private func downsampling() throws -> Downsampling {
        do {
            let options = try DownsamplingOptions(
                shortestEdge: shortestEdge, quality: quality, sampling: sampling?.value,
                isProgressive: progressive, profile: profile,
                appliesOrientation: applyOrientation, keepsMetadata: !dropMetadata)
            return try Downsampling(
                input, into: into, options, brokenImages: onError, jobs: jobs,
                share: Share(parsing: shard))
        } catch let error as ImageError {
            throw ValidationError(error.reason)
        } catch let error as StoreError {
            throw ValidationError(error.reason)
        }
    }

    func run() throws {
        let clock = ContinuousClock()
        let start = clock.now
        let downsampling = try downsampling()
        var bar: ProgressBar?
        defer { bar?.finish() }
        var told = 0
        let report = try downsampling.runInterruptibly(into: into) { progress in
            for image in progress.report.broken[told...] { Terminal.complain("\(image)") }
            told = progress.report.broken.count
            if bar == nil { bar = ProgressBar(total: 1, unit: "MB") }
            bar?.show(
                Int(progress.doneBytes / 1_000_000), of: Int(progress.totalBytes / 1_000_000),
                "MB, \(progress.report.images) images")
        }
        bar?.finish()
        for warning in report.warnings { Terminal.complain("\(warning)") }
        try tell(report, seconds: (clock.now - start).inSeconds)
        if !report.broken.isEmpty { throw ExitCode(1) }
    }

    private func tell(_ report: Downsampling.Report, seconds: Double) throws {
        guard json else {
            try StandardOutput.print(
                "\(report.images) images: \(report.downsampled) downsampled, "
                    + "\(report.untouched) small enough, \(report.broken.count) broken; "
                    + "\(report.others) other files; \(report.bytesRead) bytes became "
                    + "\(report.bytesWritten) in \(seconds.shortened) s")
            return
        }
        var line = JSONLine()
        line.add("images", report.images)
        line.add("downsampled", report.downsampled)
        line.add("untouched", report.untouched)
        line.add("broken", report.broken.count)
        line.add("others", report.others)
        line.add("shards", report.shards)
        line.add("kept", report.kept)
        line.add("bytes_read", Int(clamping: report.bytesRead))
        line.add("bytes_written", Int(clamping: report.bytesWritten))
        line.add("seconds", seconds)
        line.add("images_per_second", Double(report.images) / max(seconds, 1e-9))
        try StandardOutput.print(line.text)
    }
}

extension DownsamplingOptions.Profile: ArgumentParser.ExpressibleByArgument {}
extension Downsampling.BrokenImages: ArgumentParser.ExpressibleByArgument {}
