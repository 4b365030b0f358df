import RedCapsBase
import RedCapsLoading
public import ArgumentParser
public import RedCapsTar

struct ExtractCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "extract",
        abstract: "Unpacks the tars of a folder, from where an earlier run was stopped.",
        discussion: """
            As `tar -xf --no-same-owner` over their sorted list, in parallel. What isn't whole yet, \
            and the record of what is, lie in DIR.extracting beside DIR. Members that can't be \
            unpacked safely are told one by one, the rest goes on, and the exit code is 1.

            Example:
              redcaps extract raw --into tree --jobs 8
            """)

    @Argument(help: "The folder of the shards, plain or compressed.")
    var raw: String

    @Option(help: ArgumentHelp("The folder to unpack into.", valueName: "dir"))
    var into: String

    @Option(help: "Threads; by default the usable cores.")
    var jobs: Int?

    @Option(help: "The first shard of the sorted list.")
    var start = 0

    @Option(parsing: .unconditional, help: "The shard after the last one; -1 for all.")
    var end = -1

    @Option(
        help: ArgumentHelp(
            "Every n-th of these shards, beginning with the i-th (0 ≤ i < n).", valueName: "i/n"))
    var shard = "0/1"

    @Option(help: "Right into DIR, or each shard into a folder of its name.")
    var layout = Extraction.Layout.inPlace

    @Flag(help: "Keep names apart that differ in case or Unicode form only.")
    var caseSensitive = false

    @Flag(help: "Forget what earlier runs have done.")
    var forget = false

    @Flag(help: "Print one line of JSON at the end.")
    var json = false

    func validate() throws {
        _ = try options()
    }

    private func options() throws -> Extraction.Options {
        guard end >= -1 else { throw ValidationError("--end \(end) is neither -1 nor a number") }
        do {
            return try Extraction.Options(
                layout: layout, jobs: jobs, start: start, end: end == -1 ? nil : end,
                share: Share(parsing: shard), isCaseSensitive: caseSensitive)
        } catch {
            throw ValidationError(error.reason)
        }
    }

    func run() throws {
        let clock = ContinuousClock()
        let start = clock.now
        let extraction = try Extraction(raw, into: into, options: try options())
        if forget { try Extraction.forget(into) }
        var bar = ProgressBar(total: 1, unit: "MB")
        defer { bar.finish() }
        let report = try extraction.runInterruptibly(
            into: into, "cancelled, as it was interrupted"
        ) { progress in
            bar.show(
                Int(progress.bytes / 1_000_000), of: Int(progress.totalBytes / 1_000_000),
                "MB, \(progress.files) files")
        }
        bar.finish()
        if report.replaced > 0, let first = report.firstReplaced {
            Terminal.complain(
                "\(report.replaced) files were replaced by others of the same path, the first is "
                    + first)
        }
        for warning in report.warnings { Terminal.complain("\(warning)") }
        for refusal in report.refused { Terminal.complain("\(refusal)") }
        try tell(report, of: extraction.shards.count, seconds: (clock.now - start).inSeconds)
        if !report.refused.isEmpty { throw ExitCode(1) }
    }

    private func tell(_ report: Extraction.Report, of shards: Int, seconds: Double) throws {
        guard json else {
            try StandardOutput.print(
                "\(report.shards) of \(shards) shards in place (\(report.kept) already were), "
                    + "\(report.files) files, \(report.bytes) bytes, "
                    + "\(report.replaced) replaced, \(report.refused.count) refused, in \(seconds.shortened) s"
            )
            return
        }
        var line = JSONLine()
        line.add("shards", report.shards)
        line.add("skipped", report.kept)
        line.add("files", report.files)
        line.add("bytes", Int(clamping: report.bytes))
        line.add("replaced", report.replaced)
        line.add("refused", report.refused.count)
        line.add("seconds", seconds)
        try StandardOutput.print(line.text)
    }
}

extension Extraction.Layout: ArgumentParser.ExpressibleByArgument {}
