import RedCapsBase
import RedCapsJobs
import RedCapsLoading
import ArgumentParser
import RedCapsCore
import RedCapsTar

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Looks for all that is wrong with a data set; exit code 1 if anything is.",
        discussion: """
            Without a list only the structure of the shards is looked at; with one, also what it \
            refers to; with --deep, every image is decoded and every annotation parsed, too.
            """)

    @Argument(help: "The folder of the shards, or of the unpacked tree.")
    var raw: String

    @Option(help: ArgumentHelp("The list of samples.", valueName: "file"))
    var dataPath: String?

    @Option(help: ArgumentHelp("The folder of the annotations, if it isn't RAW.", valueName: "dir"))
    var capFolder: String?

    @Flag(help: "Decode every image and parse every annotation.")
    var deep = false

    @Option(
        help: ArgumentHelp(
            "The annotation's key that must hold the caption; by default re_caption or caption.",
            valueName: "key"))
    var capSource: String?

    @Option(help: ArgumentHelp("Both edges of an image must exceed this.", valueName: "pixels"))
    var minImageSize = 80

    @Option(help: "Threads; by default the usable cores.")
    var jobs: Int?

    @Option(help: ArgumentHelp("Write a line of JSON for each finding.", valueName: "file"))
    var report: String?

    @Option(
        help: ArgumentHelp(
            "Write the samples with findings; `load --exclude` takes them.", valueName: "file"))
    var listBad: String?

    @Flag(help: "Print every finding; by default the first 20 of each kind, and how many more.")
    var all = false

    @Flag(help: "Print one line of JSON at the end.")
    var json = false

    func validate() throws {
        _ = try verification()
        if dataPath == nil && (deep || listBad != nil) {
            throw ValidationError("--deep and --list-bad need --data-path")
        }
    }

    private func verification() throws -> Verification {
        do {
            return try Verification(
                raw, manifest: dataPath, captionFolder: capFolder, isDeep: deep,
                rules: Verification.Rules(captionKey: capSource, minimumImageSize: minImageSize),
                jobs: jobs)
        } catch {
            throw ValidationError(error.reason)
        }
    }

    func run() throws {
        let clock = ContinuousClock()
        let start = clock.now
        let verification = try verification()
        let output = try report.map { try OutputFile($0) }
        Interruption.watch()
        let cancellation = Cancellation()
        var bar = ProgressBar(total: 1, unit: "shards")
        var lines = FindingLines(isWhole: all)
        let found: Verification.Report
        do {
            found = try verification.run(cancellation: cancellation) { progress in
                cancellation.heed()
                bar.show(
                    progress.finished, of: progress.total,
                    progress.stage == .shards ? "shards" : "samples")
            } found: { finding in
                try output?.append(line: finding.json)
                if !json, let line = lines.line(for: finding) { try StandardOutput.print(line) }
            }
        } catch {
            bar.finish()
            throw Interruption.failure(error, of: raw, goesOn: false)
        }
        bar.finish()
        try output?.finish()
        for line in lines.rest where !json { try StandardOutput.print(line) }
        if let listBad { try verification.skipList(of: found).write(to: listBad) }
        try tell(found, seconds: (clock.now - start).inSeconds)
        if !found.isClean { throw ExitCode(1) }
    }

    private func tell(_ report: Verification.Report, seconds: Double) throws {
        let counts = report.counts.sorted { $0.key.description < $1.key.description }
        guard json else {
            let samples = report.samples.map { ", \($0) samples" } ?? ""
            try StandardOutput.print(
                "\(report.shards) shards, \(report.members) members\(samples) "
                    + "in \(seconds.shortened) s")
            for (kind, count) in counts { try StandardOutput.print("  \(kind): \(count)") }
            if counts.isEmpty { try StandardOutput.print("  nothing is wrong") }
            return
        }
        var line = JSONLine()
        line.add("shards", report.shards)
        line.add("members", report.members)
        line.add("samples", report.samples)
        line.add("findings", counts.reduce(0) { $0 + $1.value })
        line.add("bad_samples", report.badSamples.count)
        for (kind, count) in counts { line.add(kind.description, count) }
        line.add("seconds", seconds)
        try StandardOutput.print(line.text)
    }
}
