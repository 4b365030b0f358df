import RedCapsBase
import RedCapsLoading
import RedCapsTar
import ArgumentParser
import RedCapsCore

struct IndexCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "index",
        abstract:
            "Builds the index of a folder of tars, and of a list of samples, and describes it.",
        discussion: """
            The index lies in RAW/.redcaps or, where that can't be written, in the user's cache \
            directory. All commands build it by themselves when they need it.
            """)

    @Argument(help: "The folder of the shards.")
    var raw: String

    @Option(
        help: ArgumentHelp("Index the entries of this list as well.", valueName: "file"))
    var dataPath: String?

    @Option(
        help: ArgumentHelp("The folder of the annotations, if it isn't RAW.", valueName: "dir"))
    var capFolder: String?

    @Flag(help: "Read all shards and the list again, whatever index is there.")
    var rebuild = false

    @Flag(help: "Compare every block of the index with its checksum.")
    var check = false

    @Flag(help: "Print a line of JSON for each member that can be served.")
    var list = false

    @Flag(help: "Print a line of JSON for each entry of the list whose files are in no shard.")
    var listMissing = false

    @Flag(help: "Print one line of JSON.")
    var json = false

    func validate() throws {
        if listMissing && dataPath == nil {
            throw ValidationError("--list-missing needs --data-path")
        }
        if list && (json || listMissing) || listMissing && json {
            throw ValidationError("--list, --list-missing and --json don't go together")
        }
    }

    func run() throws {
        let clock = ContinuousClock()
        let start = clock.now
        let opened = try open()
        if check { try opened.check() }
        if list {
            try printMembers(opened.shards)
        } else if listMissing, let samples = opened.samples {
            try printMissing(samples)
        } else {
            let description = IndexDescription(opened, seconds: (clock.now - start).inSeconds)
            try StandardOutput.print(json ? description.json : description.text)
        }
        let failures = opened.shards.shards.compactMap(\.failure)
        for failure in failures { Terminal.complain("\(failure)") }
        if !failures.isEmpty { throw ExitCode(1) }
    }

    /// What was opened: the shards' index and, if a list was named, that of its samples.
    struct Opened {
        let shards: TarIndex
        let samples: SampleIndex?

        func check() throws {
            if let samples { try samples.check() } else { try shards.check() }
        }
    }

    private func open() throws -> Opened {
        var bar = ProgressBar(total: 1, unit: "shards")
        defer { bar.finish() }
        func show(_ progress: IndexProgress) {
            bar.show(progress.finishedShards, of: progress.shardCount)
        }
        let samples = try dataPath.map {
            try SampleIndex(
                list: $0, images: raw, annotations: capFolder ?? raw, rebuilds: rebuild,
                progress: show)
        }
        let index =
            try samples.map { $0.shards(of: .image) }
            ?? TarIndex(folder: raw, rebuilds: rebuild, progress: show)
        guard let index, !index.shards.isEmpty else {
            throw Failure("\(raw): no *.tar in this folder")
        }
        return Opened(shards: index, samples: samples)
    }

    private func printMembers(_ index: TarIndex) throws {
        var output = StandardOutput()
        try index.forEachServed { entry in
            var line = JSONLine()
            line.add("path", bytes: entry.path.bytes)
            line.add("shard", index.shards[entry.shard].name)
            line.add("offset", Int(clamping: entry.offset))
            line.add("size", Int(clamping: entry.size))
            try output.add(line.text)
        }
        try output.flush()
    }

    private func printMissing(_ samples: SampleIndex) throws {
        var output = StandardOutput()
        for index in try samples.missingSamples() {
            let paths = try samples.paths(index)
            var line = JSONLine()
            line.add("index", index)
            line.add("image", paths.image)
            line.add("annotation", paths.annotation)
            try output.add(line.text)
        }
        try output.flush()
    }
}

/// What there is to say of an index.
private struct IndexDescription {
    let opened: IndexCommand.Opened
    let seconds: Double

    init(_ opened: IndexCommand.Opened, seconds: Double) {
        self.opened = opened
        self.seconds = seconds
    }

    private var shards: TarIndex { opened.shards }
    private var bytes: Int { shards.shards.reduce(0) { $0 + Int(clamping: $1.byteCount) } }
    private var files: [String] { opened.samples?.files ?? shards.files }
    private var isBuilt: Bool { opened.samples?.isBuilt ?? shards.isBuilt }

    var json: String {
        var line = JSONLine()
        line.add("shards", shards.shards.count)
        line.add("members", shards.memberCount)
        line.add("bytes", bytes)
        line.add("entries", opened.samples?.count)
        line.add("missing", opened.samples?.missingCount)
        line.add("duplicates", shards.duplicateCount)
        line.add("unsafe", shards.shards.reduce(0) { $0 + $1.unsafeMembers })
        line.add("seconds", seconds)
        line.add("index_bytes", files.reduce(0) { $0 + (Disk.size(of: $1) ?? 0) })
        line.add("index_paths", files)
        line.add("built", isBuilt)
        line.add("failures", shards.shards.compactMap(\.failure).map { "\($0)" })
        return line.text
    }

    var text: String {
        var lines = [
            "\(shards.shards.count) shards, \(shards.memberCount) members, \(bytes) bytes, "
                + "\(shards.duplicateCount) members replaced by later ones"
        ]
        if let samples = opened.samples {
            lines.append("\(samples.count) samples, \(samples.missingCount) without their files")
            for (name, count) in samples.missingByShard.prefix(20) {
                lines.append("  \(name): \(count)")
            }
            if samples.missingByShard.count > 20 {
                lines.append("  … and \(samples.missingByShard.count - 20) more")
            }
        }
        let verb = isBuilt ? "built" : "opened"
        lines.append(
            "\(verb) in \(seconds.shortened) s: " + files.joined(separator: ", "))
        return lines.joined(separator: "\n")
    }
}
