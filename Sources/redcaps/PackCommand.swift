import RedCapsBase
import RedCapsJobs
import RedCapsLoading
import ArgumentParser
import RedCapsTar

struct PackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pack",
        abstract: "Packs a tree, or old tars, into plain shards, each image beside its annotation.",
        discussion: """
            Compressed tars, and tars whose members lie in the order of a folder, become shards that \
            can be read at random and as a stream. A run that was killed is continued by running it \
            again. The sources are never changed.
            """)

    @Argument(help: "A folder of files, or tars: .tar .tar.gz .tgz .tar.zst .tar.xz .tar.bz2")
    var inputs: [String]

    @Option(help: ArgumentHelp("The folder for the shards.", valueName: "raw"))
    var into: String

    @Option(
        help: ArgumentHelp(
            "Samples in a shard.",
            discussion: "By default a shard for each folder NNNNN/ if there is nothing else, "
                + "otherwise 10000 samples.",
            valueName: "n"))
    var samplesPerShard: Int?

    @Option(help: ArgumentHelp("The most bytes of a shard.", valueName: "b"))
    var bytesPerShard: UInt64?

    @Option(help: "Threads; by default the usable cores.")
    var jobs: Int?

    @Option(
        help: ArgumentHelp(
            "Where the list of samples goes; by default data.json beside the shards.",
            valueName: "file"))
    var list: String?

    @Flag(help: "Print one line of JSON at the end.")
    var json = false

    func validate() throws {
        _ = try packing()
    }

    private func packing() throws -> Packing {
        guard samplesPerShard == nil || bytesPerShard == nil else {
            throw ValidationError("give --samples-per-shard or --bytes-per-shard, not both")
        }
        let sharding =
            samplesPerShard.map(Packing.Sharding.samples)
            ?? bytesPerShard.map(Packing.Sharding.bytes) ?? .automatic
        do {
            return try Packing(
                inputs, into: into,
                options: Packing.Options(sharding: sharding, jobs: jobs, manifest: list))
        } catch {
            throw ValidationError(error.reason)
        }
    }

    func run() throws {
        let clock = ContinuousClock()
        let start = clock.now
        var bar: ProgressBar?
        defer { bar?.finish() }
        let packing = try packing()
        let report = try packing.runInterruptibly(into: into) { progress in
            guard progress.totalShards > 0 else { return announce(progress) }
            if bar == nil { bar = ProgressBar(total: progress.totalFiles, unit: "files") }
            bar?.show(progress.files)
        }
        try tell(report, packing, seconds: (clock.now - start).inSeconds)
    }

    private func announce(_ progress: Packing.Progress) {
        guard Terminal.isWatched else { return }
        let state =
            progress.stage == .decompressing
            ? "\(progress.decompressedBytes / 1_000_000) MB decompressed"
            : "\(progress.totalFiles) files found"
        Terminal.showBar(String(state.prefix(Terminal.width - 1)))
    }

    private func tell(
        _ report: Packing.Report, _ packing: Packing, seconds: Double
    ) throws {
        for warning in report.warnings { Terminal.complain("\(warning)") }
        if report.unpaired > 0, let first = report.firstUnpaired {
            Terminal.complain(
                "\(report.unpaired) samples without an image or its annotation aren't listed, "
                    + "the first is \(first)")
        }
        if report.replaced > 0 {
            Terminal.complain(
                "\(report.replaced) members were replaced by later ones of the same path")
        }
        if report.belowShardNames > 0 {
            Terminal.complain(
                "\(report.belowShardNames) files without a folder are packed below the name of their "
                    + "tar, because their names come again in others")
        }
        if report.skippedLinks > 0, let first = report.firstSkippedLink {
            Terminal.complain(
                "\(report.skippedLinks) links to folders weren't followed, the first is \(first)")
        }
        if report.hidden > 0, let first = report.firstHidden {
            Terminal.complain(
                "\(report.hidden) hidden files or folders aren't packed, the first is \(first)")
        }
        guard json else {
            try StandardOutput.print(
                "\(report.shards) shards (\(report.kept) kept), \(report.samples) samples, "
                    + "\(report.files) files, \(report.bytes) bytes in \(seconds.shortened) s; "
                    + "\(report.listed) samples listed in \(packing.manifest)")
            return
        }
        var line = JSONLine()
        line.add("shards", report.shards)
        line.add("samples", report.samples)
        line.add("files", report.files)
        line.add("bytes", Int(clamping: report.bytes))
        line.add("unpaired", report.unpaired)
        line.add("replaced", report.replaced)
        line.add("below_shard_names", report.belowShardNames)
        line.add("hidden", report.hidden)
        line.add("kept", report.kept)
        line.add("seconds", seconds)
        try StandardOutput.print(line.text)
    }
}
