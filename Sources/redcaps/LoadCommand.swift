import RedCapsBase
import RedCapsImage
import RedCapsJobs
import RedCapsLoading
import ArgumentParser
import RedCapsCore
import Synchronization

struct LoadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Loads batches as a training run would, and says how fast.")

    @OptionGroup var source: DatasetOptions
    @OptionGroup var loading: LoaderArguments
    @OptionGroup var faults: FaultArguments
    @OptionGroup var files: RunFiles

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
        for (name, value) in [
            ("workers", workers), ("prefetch", prefetch), ("reads-in-flight", readsInFlight),
        ] {
            if let value, !(1...1 << 32).contains(value) {
                throw ValidationError("--\(name) \(value) isn't in 1 ... 2^32")
            }
        }
        let forLoader = files.given ?? (profile ? "--profile" : preview.map { _ in "--preview" })
        if engine == .bare, let forLoader {
            throw ValidationError("--engine bare takes no \(forLoader)")
        }
    }

    func run() throws {
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
            try StandardOutput.print(ProfileTable(statistics).text)
        }
        guard report.meter.samples == 0, !Interruption.isRequested else { return }
        throw Failure(
            report.meter.batches == 0
                ? options.reasonForNoBatches(of: dataset)
                : "no samples: all of them failed, and --on-error skip leaves them out")
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
        var isDescribed = false
        if files.saveState != nil { Interruption.watch() }
        for result in loader.results {
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
            if files.saveState != nil, Interruption.isRequested { break }
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
