import RedCapsBase
import RedCapsImage
import RedCapsJobs
import RedCapsLoading
import ArgumentParser
import RedCapsCore
import Synchronization

struct LoadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Loads batches as a training run would, and says how fast.",
        discussion: """
            Example:
              redcaps load --config redcaps5m.json --batch-size 64 --batches 100 --profile
            """)

    @OptionGroup(title: "The data set") var source: DatasetOptions
    @OptionGroup(title: "Batches and their order") var loading: LoaderArguments
    @OptionGroup(title: "Samples that fail") var faults: FaultArguments
    @OptionGroup(title: "Going on, and what is written down") var files: RunFiles

    @Option(help: "Threads that decode; by default the usable cores.")
    var workers: Int?

    @Option(help: "Batches loaded ahead of the consumer.")
    var prefetch = 2

    @Option(help: "Reads in flight when storage is slow.")
    var readsInFlight = 16

    @Option(
        help:
            "What the order, the crops and the dropped captions depend on; by default as configured, else 0."
    )
    var seed: UInt64?

    @Option(
        help: ArgumentHelp(
            "How images become smaller: exact, as the reference's, or fast.", valueName: "how"))
    var decode = Decode.exact

    enum Decode: String, ExpressibleByArgument, CaseIterable {
        case exact
        case fast

        var decoding: ImageDecoding { self == .fast ? .fast : .exact }
    }

    @Option(
        help: ArgumentHelp(
            "What loads: the loader, or bare threads that do the same work on samples without bringing them into order.",
            valueName: "which"))
    var engine = Engine.loader

    enum Engine: String, ExpressibleByArgument, CaseIterable {
        case loader
        case bare
    }

    @Flag(help: "Say where the time goes, and who waits for whom.")
    var profile = false

    @Flag(help: "Print one line of JSON at the end.")
    var json = false

    @Option(
        help: ArgumentHelp(
            "Write a contact sheet of the first batch as a JPEG, and print its captions.",
            valueName: "file"))
    var preview: String?

    func validate() throws {
        if let workers, !(1...1024).contains(workers) {
            throw ValidationError("--workers \(workers) isn't in 1 ... 1024")
        }
        for (name, value) in [("prefetch", prefetch), ("reads-in-flight", readsInFlight)]
        where !(1...1 << 32).contains(value) {
            throw ValidationError("--\(name) \(value) isn't in 1 ... 2^32")
        }
        if let preview, !Self.canBeJPEG(preview) {
            throw ValidationError(
                "--preview \(preview): the sheet is a JPEG; give it a name in .jpg")
        }
        try OutputNames.checkApart([
            ("--save-state", files.saveState), ("--ledger", files.ledger), ("--preview", preview),
        ])
        try OutputNames.checkApart([
            ("--resume", files.resume), ("--ledger", files.ledger), ("--preview", preview),
        ])
        let forLoader = files.given ?? (profile ? "--profile" : preview.map { _ in "--preview" })
        if engine == .bare, let forLoader {
            throw ValidationError("--engine bare takes no \(forLoader)")
        }
    }

    /// Whether a file's name has the suffix of a JPEG, or none.
    private static func canBeJPEG(_ file: String) -> Bool {
        let name = FilePath.name(of: file).lowercased()
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return true }
        return [".jpg", ".jpeg"].contains { name[dot...] == $0 }
    }

    func run() throws {
        try files.check(loading.context())
        if let preview { try OutputFile.check(preview) }
        let clock = ContinuousClock()
        let beginning = clock.now
        let (training, dataset) = try source.open(ImageOptions(decoding: decode.decoding))
        let opening = clock.now - beginning
        var options = try loading.options(training, dataset, seed: seed, workers: workers)
        options.prefetchBatches = prefetch
        options.readsInFlight = readsInFlight
        options.failurePolicy = try faults.policy()
        try files.apply(to: &options)
        var report = LoadReport(workers: options.workers, opening: opening)
        switch engine {
        case .loader: try load(dataset, options, &report)
        case .bare: try loadBare(dataset, options, &report)
        }
        try StandardOutput.print(json ? report.json : report.text)
        if profile, !json, let statistics = report.statistics {
            try StandardOutput.print("\n" + statistics.profile)
        }
        if report.isInterrupted, let signal = Interruption.received {
            throw files.interruption(by: signal, after: report.meter.batches)
        }
        if report.meter.samples == 0 {
            throw Failure(
                report.statistics?.failures == 0
                    ? "no samples: the order has none for \(options.context)"
                    : "no samples: all of them failed, and --on-error skip leaves them out")
        }
        // What of them is lost was told when they were opened.
        if dataset.sources.contains(where: \.hasDamagedShards) { throw ExitCode(1) }
    }

    private func load(
        _ dataset: ConcatDataset<CaptionDataset>, _ options: LoaderOptions,
        _ report: inout LoadReport
    ) throws {
        let loader = try DataLoader(
            dataset, options, resuming: try files.resumePoint(rank: options.context.rank))
        let expected = (options.batchLimit ?? dataset.count / options.batchSize) * options.batchSize
        report.meter = Throughput(expected: expected)
        var bar = ProgressBar(total: expected, unit: "samples")
        var record = try files.record(of: loader.state, options.context)
        if let reason = loader.reasonForNoBatches {
            try record.save()
            throw Failure(reason)
        }
        var isDescribed = false
        Interruption.watch()
        for result in loader.results {
            // Here, so that a run that is through isn't called interrupted.
            if Interruption.received != nil {
                if case .failure(let error) = result { Terminal.complain("\(error)") }
                report.isInterrupted = true
                break
            }
            let batch = try result.get()
            report.meter.count(batch.count)
            bar.show(report.meter.samples)
            try record.add(batch)
            // Batches may be empty where samples are skipped.
            if !isDescribed, batch.count > 0 {
                isDescribed = true
                bar.finish()
                if !json { try describe(batch) }
                if let preview { try show(batch, in: preview) }
            }
        }
        try record.save()
        bar.finish()
        report.statistics = loader.statistics
    }

    private func loadBare(
        _ dataset: ConcatDataset<CaptionDataset>, _ options: LoaderOptions,
        _ report: inout LoadReport
    ) throws {
        guard let batches = options.batchLimit else {
            throw Failure("--engine bare needs --batches, or an order that doesn't end")
        }
        if let reason = try DataLoader(dataset, options).reasonForNoBatches {
            throw Failure(reason)
        }
        let meter = Mutex(Throughput(expected: batches * options.batchSize))
        try BareLoop.run(dataset, options, batches: batches) {
            meter.withLock { $0.count(1) }
        }
        report.meter = meter.withLock { $0 }
        report.meter.batches = batches
    }

    private func describe(_ batch: CaptionBatch) throws {
        try StandardOutput.print(
            """
            A batch holds
              pixel_values    \(try summary(of: batch.pixelValues))
              input_ids       int64 \([batch.count, batch.sequenceLength])
              attention_mask  bool \([batch.count, batch.sequenceLength])
              samples         \(batch.count) with index, file, size, crop and caption; the first:
            """)
        if let first = batch.samples.first?.sample {
            try StandardOutput.print(
                """
                                  \(first.imageFile), \(first.sourceSize.width)×\(first.sourceSize.height), \
                crop at \(first.crop.x), \(first.crop.y) of \(first.crop.width)²
                """)
        }
    }

    /// The type and shape of a tensor, and the range of its values if they are floats.
    private func summary(of tensor: PixelTensor) throws -> String {
        let kind = "\(tensor.format.type) \(tensor.shape)"
        guard tensor.format.type == .float32 else { return kind }
        let (low, high) = try tensor.withSpan { floats in
            floats.indices.reduce((Float.infinity, -Float.infinity)) {
                (min($0.0, floats[$1]), max($0.1, floats[$1]))
            }
        }
        return "\(kind) from \(low) to \(high)"
    }

    private func show(_ batch: CaptionBatch, in file: String) throws {
        let sheet = try batch.contactSheet()
        try Disk.write(try JPEGEncoder(quality: 92).encode(sheet), to: file)
        guard !json else { return }
        for (number, loaded) in batch.samples.enumerated() {
            let caption = loaded.sample.isDropped ? "(dropped)" : loaded.sample.caption ?? ""
            try StandardOutput.print("  \(number + 1). \(caption)")
        }
        try StandardOutput.print("Wrote \(file).")
    }
}
