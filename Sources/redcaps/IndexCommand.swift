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

    @Argument(help: "The folder of the shards, or of the unpacked tree.")
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
            try printMembers(opened)
        } else if listMissing, let samples = opened.samples {
            try printMissing(samples)
        } else {
            let description = IndexDescription(opened, seconds: (clock.now - start).inSeconds)
            try StandardOutput.print(json ? description.json : description.text)
        }
        if opened.tellTroubles() { throw ExitCode(1) }
    }

    /// What was opened: the shards' index, or the number of files of an unpacked tree, which needs
    /// none, and, if a list was named, the index of its samples.
    struct Opened {
        let shards: TarIndex?
        let treeFiles: Int?
        let samples: SampleIndex?

        /// Tells what is lost in shards, and what isn't as it should be.
        /// - Returns: Whether anything is lost, or is for programs that end at the first end marker, as
        ///   `tar` and most loaders do.
        func tellTroubles() -> Bool {
            let annotations = samples?.shards(of: .annotation)
            let other = annotations === shards ? nil : annotations
            let indices = [shards, other].compactMap(\.self)
            let isJoined = indices.flatMap(\.shards).flatMap(\.warnings).contains {
                $0.code == .notATar
            }
            return indices.map { Terminal.complain(of: $0) }.contains(true) || isJoined
        }

        func check() throws {
            if let samples { try samples.check() } else { try shards?.check() }
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
            ?? DatasetFolder(raw, rebuilds: rebuild, progress: show).index
        if let index, !index.shards.isEmpty {
            return Opened(shards: index, treeFiles: nil, samples: samples)
        }
        var files = 0
        try FolderStore(raw).forEachFile { _ in files += 1 }
        guard files > 0 else { throw Failure("\(raw): no *.tar in this folder, nor other files") }
        return Opened(shards: nil, treeFiles: files, samples: samples)
    }

    private func printMembers(_ opened: Opened) throws {
        var output = StandardOutput()
        func add(_ path: [UInt8], _ shard: String?, _ offset: Int?, _ size: Int?) throws {
            var line = JSONLine()
            line.add("path", bytes: path)
            line.add("shard", shard)
            line.add("offset", offset)
            line.add("size", size)
            try output.add(line.text)
        }
        if let index = opened.shards {
            try index.forEachServed { entry in
                try add(
                    entry.path.bytes, index.shards[entry.shard].name,
                    Int(clamping: entry.offset), Int(clamping: entry.size))
            }
        } else {
            try FolderStore(raw).forEachFile { path in
                try add(Array(path.utf8), nil, nil, Disk.size(of: raw + "/" + path))
            }
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

    private var shards: [TarIndex.Shard] { opened.shards?.shards ?? [] }
    private var members: Int { opened.shards?.memberCount ?? opened.treeFiles ?? 0 }
    private var duplicates: Int { opened.shards?.duplicateCount ?? 0 }
    private var bytes: Int { shards.reduce(0) { $0 + Int(clamping: $1.byteCount) } }
    private var files: [String] { opened.samples?.files ?? opened.shards?.files ?? [] }
    private var isBuilt: Bool { opened.samples?.isBuilt ?? opened.shards?.isBuilt ?? false }

    var json: String {
        var line = JSONLine()
        line.add("shards", shards.count)
        line.add("members", members)
        line.add("bytes", bytes)
        line.add("entries", opened.samples?.count)
        line.add("missing", opened.samples?.missingCount)
        line.add("duplicates", duplicates)
        line.add("unsafe", shards.reduce(0) { $0 + $1.unsafeMembers })
        line.add("seconds", seconds)
        line.add("index_bytes", files.reduce(0) { $0 + (Disk.size(of: $1) ?? 0) })
        line.add("index_paths", files)
        line.add("built", isBuilt)
        line.add("failures", shards.compactMap(\.failure).map { "\($0)" })
        line.add("warnings", shards.flatMap(\.warnings).map { "\($0)" })
        return line.text
    }

    var text: String {
        var lines = [
            opened.treeFiles.map { "no shards, but an unpacked tree of \($0) files" }
                ?? "\(shards.count) shards, \(members) members, \(bytes) bytes, "
                + "\(duplicates) members replaced by later ones"
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
        if files.isEmpty { return lines.joined(separator: "\n") }
        let verb = isBuilt ? "built" : "opened"
        lines.append(
            "\(verb) in \(seconds.shortened) s: " + files.joined(separator: ", "))
        return lines.joined(separator: "\n")
    }
}
