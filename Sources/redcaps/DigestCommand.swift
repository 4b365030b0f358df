import RedCapsBase
import RedCapsLoading
import ArgumentParser
import RedCapsJobs
import RedCapsCore

struct DigestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "digest",
        abstract: "Prints what samples hold, as hashes, to be compared with the reference's.")

    @OptionGroup var source: DatasetOptions
    @OptionGroup var loading: LoaderArguments

    @Option(
        help:
            "With --batches and --reference: the workers of the Python run, by default as configured. Else threads."
    )
    var workers: Int?

    @Option(help: "With --batches and --reference: who seeds Python's workers, mmengine or torch.")
    var seeding = Seeding.mmengine

    enum Seeding: String, ExpressibleByArgument, CaseIterable {
        case mmengine, torch

        var mode: ReferenceMode.Seeding { self == .torch ? .torch : .mmengine }
    }

    @Option(help: "What crops and dropped captions depend on; by default as configured, else 0.")
    var seed: Int?

    @Flag(help: "Draw exactly as CPython's random does, in one stream from the seed.")
    var reference = false

    @Flag(help: "With --reference, seed with seed + position before every sample.")
    var reseedEach = false

    @Option(help: "What to do about a sample that can't be loaded: replace, report or stop.")
    var onError = OnError.replace

    @Option(help: "The samples by index, as in 3,1,2.")
    var indices: String?

    @Option(help: "The first so many samples.")
    var first: Int?

    @Flag(help: "All samples.")
    var all = false

    enum OnError: String, ExpressibleByArgument, CaseIterable {
        case replace, report, stop
    }

    func validate() throws {
        guard
            [indices != nil, first != nil, all, loading.batches != nil].count(where: { $0 }) == 1
        else { throw ValidationError("give one of --indices, --first, --all and --batches") }
        if loading.batches != nil, reseedEach || onError == .report || seed ?? 0 < 0 {
            throw ValidationError(
                "--batches takes neither --reseed-each, --on-error report nor a negative seed")
        }
        if loading.batches == nil, let argument = loading.givenForBatches {
            throw ValidationError("\(argument) needs --batches")
        }
        if let workers, !(0...1024).contains(workers) {
            throw ValidationError("--workers \(workers) isn't in 0 ... 1024")
        }
        // The reference never leaves a sample out: its indices would be others.
        if reference, source.missing == .drop || !source.exclude.isEmpty {
            throw ValidationError("--reference takes neither --missing drop nor --exclude")
        }
        if reseedEach && !reference { throw ValidationError("--reseed-each needs --reference") }
        if let first, first < 0 { throw ValidationError("--first \(first) is negative") }
        if let seed, !(-1 << 62...1 << 62).contains(seed) {
            throw ValidationError("--seed \(seed) isn't in -2^62 ... 2^62")
        }
        if let seed, !reference, seed < 0 { throw ValidationError("--seed \(seed) is negative") }
        _ = try listed()
    }

    private func listed() throws -> [Int]? {
        try indices.map { text in
            try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
                guard let index = Int(part), index >= 0 else {
                    throw ValidationError("--indices: \"\(part)\" isn't an index")
                }
                return index
            }
        }
    }

    func run() throws {
        let (training, dataset) = try source.open()
        let seed = seed ?? training.seed ?? 0
        if loading.batches != nil { return try printBatches(training, dataset, seed) }
        let chosen = try listed() ?? Array(0..<min(first ?? dataset.count, dataset.count + 1))
        if let outside = chosen.first(where: { $0 >= dataset.count }) {
            throw ValidationFailure(
                "index \(outside) isn't in the data set, which has \(dataset.count) samples")
        }
        var digester = try Digester(dataset, onError)
        var stream = ReferenceMode.draws(seed: seed)
        for (position, index) in chosen.enumerated() {
            if reseedEach { stream = ReferenceMode.draws(seed: seed + position) }
            let line: JSONLine
            if reference {
                line = try digester.line(position, index, &stream)
            } else {
                var draws = PositionalDraws(seed: UInt64(seed), position: position)
                line = try digester.line(position, index, &draws)
            }
            print(line.text)
        }
    }

    private func printBatches(
        _ training: TrainingConfiguration, _ dataset: ConcatDataset<CaptionDataset>, _ seed: Int
    ) throws {
        let workers = workers ?? training.workers ?? 0
        let mode =
            reference
            ? try ReferenceMode(
                workers: workers, seeding: seeding.mode, persistsWorkers: training.persistsWorkers,
                differsByRank: training.differsByRank) : nil
        var options = try loading.options(
            training, dataset, seed: UInt64(seed), workers: workers > 0 ? workers : 1,
            reference: mode)
        // Python only ends where 500 in a row fail.
        options.failurePolicy = onError == .stop ? .stop : .replace(atMost: .count(.max))
        for result in try DataLoader(dataset, options).results {
            let digest = BatchDigest(
                try result.get(), rank: options.context.rank, of: dataset)
            print(digest.line.text)
        }
    }
}

/// A failure that is told in a line.
struct ValidationFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

private struct Digester {
    private let dataset: ConcatDataset<CaptionDataset>
    private let onError: DigestCommand.OnError
    private let workspace: ConcatDataset<CaptionDataset>.Workspace
    private let storage: PixelStorage

    init(_ dataset: ConcatDataset<CaptionDataset>, _ onError: DigestCommand.OnError) throws {
        self.dataset = dataset
        self.onError = onError
        workspace = try dataset.makeWorkspace()
        for workspace in workspace.sources { workspace.keepsImageBytes = true }
        storage = try dataset.makeStorage(for: PlannedBatch([0]))
    }

    mutating func line(
        _ position: Int, _ index: Int, _ draws: inout some SampleDraws
    ) throws -> JSONLine {
        var loaded: LoadedSample<CaptionSample>?
        var failure: TooManyFailures?
        do {
            loaded = try dataset.load(
                index, position: position, draws: &draws,
                attempts: onError == .replace ? FailurePolicy.maximumReplacements + 1 : 1,
                into: storage,
                slot: 0, workspace: workspace)
        } catch {
            guard onError == .report else { throw error }
            failure = error
        }
        for failure in loaded?.failures ?? [] { Terminal.show("replaced: \(failure)\n") }
        let sample = loaded?.sample
        let place = loaded.map { dataset.place(of: $0.used) }
        let bytes = place.map { workspace.sources[$0.source].imageBytes }
        var line = JSONLine()
        line.add("position", position)
        line.add("index", index)
        // In debug mode a data set takes its first sample, whichever it is asked for.
        let used = loaded.flatMap { loaded in
            place.map { loaded.used - $0.index + loaded.sample.index }
        }
        line.add("used", used)
        line.add("image", sample?.imageFile)
        line.add("source_size", sample.map { [$0.sourceSize.width, $0.sourceSize.height] })
        line.add(
            "crop",
            sample.map {
                [$0.crop.x, $0.crop.y, $0.crop.x + $0.crop.width, $0.crop.y + $0.crop.height]
            })
        line.add("dropped", sample?.isDropped)
        line.add("u8_sha256", bytes.map { Digest.hex(of: $0) })
        line.add("px_sha256", sample == nil ? nil : pixelHash())
        line.add("input_ids", sample?.inputIDs)
        line.add("error", failure.map { "\($0)" })
        return line
    }

    private func pixelHash() -> String {
        PixelTensor(storage, count: 1).withUnsafeBytes { Digest.hex(of: $0) }
    }
}
