import RedCapsBase
import RedCapsLoading
import ArgumentParser
import RedCapsJobs
import RedCapsCore

struct DigestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "digest",
        abstract: "Prints what samples hold, as hashes, to be compared with the reference's.",
        discussion: """
            Example:
              redcaps digest --config redcaps5m.json --first 100 --reference --seed 1
            """)

    @OptionGroup(title: "The data set") var source: DatasetOptions
    @OptionGroup(title: "Batches and their order") var loading: LoaderArguments

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

        var policy: SampleDigester.FailureAction {
            switch self {
            case .replace: .replace
            case .report: .report
            case .stop: .stop
            }
        }
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
        try printDigests(training, dataset)
        // What of them is lost was told when they were opened.
        if dataset.sources.contains(where: \.hasDamagedShards) { throw ExitCode(1) }
    }

    private func printDigests(
        _ training: TrainingConfiguration, _ dataset: ConcatDataset<CaptionDataset>
    ) throws {
        let seed = seed ?? Int(training.runSeed())
        if loading.batches != nil { return try printBatches(training, dataset, seed) }
        let chosen = try listed() ?? Array(0..<min(first ?? dataset.count, dataset.count + 1))
        if let outside = chosen.first(where: { $0 >= dataset.count }) {
            throw Failure(
                "index \(outside) isn't in the data set, which has \(dataset.count) samples")
        }
        var digester = try SampleDigester(dataset, onFailure: onError.policy)
        var stream = ReferenceMode.draws(seed: seed)
        for (position, index) in chosen.enumerated() {
            if reseedEach { stream = ReferenceMode.draws(seed: seed + position) }
            let digest: SampleDigester.Digest
            if reference {
                digest = try digester.digest(position: position, index: index, draws: &stream)
            } else {
                var draws = PositionalDraws(seed: UInt64(seed), position: position)
                digest = try digester.digest(position: position, index: index, draws: &draws)
            }
            for failure in digest.failures { Terminal.show("replaced: \(failure)\n") }
            try StandardOutput.print(digest.json)
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
        let loader = try DataLoader(dataset, options)
        if let reason = loader.reasonForNoBatches { throw Failure(reason) }
        for result in loader.results {
            let digest = BatchDigest(
                try result.get(), rank: options.context.rank, of: dataset)
            try StandardOutput.print(digest.json)
        }
    }
}
