import ArgumentParser
import RedCapsCore

struct LoadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Loads batches as a training run would, and says how fast.")

    @OptionGroup var source: DatasetOptions

    @Option(help: "How many batches; by default enough for every sample once.")
    var batches: Int?

    @Option(help: "Samples in a batch; by default the configuration's, else 32.")
    var batchSize: Int?

    @Option(help: "Threads; by default the usable cores.")
    var workers: Int?

    @Option(help: "What the order, the crops and the dropped captions depend on.")
    var seed: UInt64 = 0

    @Option(
        help: ArgumentHelp(
            "How images become smaller: exact, as the reference's, or fast.", valueName: "how"))
    var decode = Decode.exact

    enum Decode: String, ExpressibleByArgument, CaseIterable {
        case exact
        case fast

        var decoding: ImageDecoding { self == .fast ? .fast : .exact }
    }

    @Flag(help: "Print one line of JSON at the end.")
    var json = false

    @Option(
        help: ArgumentHelp(
            "Write a contact sheet of the first batch as a JPEG, and print its captions.",
            valueName: "file"))
    var preview: String?

    func validate() throws {
        for (name, value) in [
            ("batches", batches), ("batch-size", batchSize), ("workers", workers),
        ] {
            if let value, !(1...1 << 32).contains(value) {
                throw ValidationError("--\(name) \(value) isn't in 1 ... 2^32")
            }
        }
    }

    func run() async throws {
        let clock = ContinuousClock()
        let beginning = clock.now
        let (training, dataset) = try source.open(ImageOptions(decoding: decode.decoding))
        let opening = clock.now - beginning
        let batchSize = batchSize ?? training.batchSize ?? 32
        let batches = batches ?? (dataset.count + batchSize - 1) / batchSize
        var options = try LoaderOptions(training, seed: seed)
        options.batchSize = batchSize
        options.batchLimit = batches
        if let workers { options.workers = workers }
        let loader = try DataLoader(dataset, options)

        var meter = Throughput(expected: batches * batchSize)
        var bar = ProgressBar(total: batches * batchSize, unit: "samples")
        var replaced = 0
        for try await batch in loader {
            meter.count(batch.count)
            bar.show(meter.samples)
            replaced += batch.replacedCount
            if meter.batches == 1 {
                bar.finish()
                if !json { describe(batch) }
                if let preview { try show(batch, in: preview) }
            }
        }
        bar.finish()
        report(meter, replaced, options.workers, opening)
    }

    private func describe(_ batch: CaptionBatch) {
        let (low, high) = batch.pixelValues.withSpan { floats in
            floats.indices.reduce((Float.infinity, -Float.infinity)) {
                (min($0.0, floats[$1]), max($0.1, floats[$1]))
            }
        }
        print(
            """
            A batch holds
              pixel_values    float32 \(batch.pixelValues.shape) from \(low) to \(high)
              input_ids       int64 \([batch.count, batch.sequenceLength])
              attention_mask  bool \([batch.count, batch.sequenceLength])
              samples         \(batch.count) with index, file, size, crop and caption; the first:
            """)
        if let first = batch.samples.first?.sample {
            print(
                """
                                  \(first.imageFile), \(first.sourceSize.width)×\(first.sourceSize.height), \
                crop at \(first.crop.x), \(first.crop.y) of \(first.crop.width)²
                """)
        }
    }

    private func show(_ batch: CaptionBatch, in file: String) throws {
        let sheet = try batch.contactSheet()
        try Disk.write(try JPEGEncoder(quality: 92).encode(sheet), to: file)
        guard !json else { return }
        for (number, loaded) in batch.samples.enumerated() {
            let caption = loaded.sample.isDropped ? "(dropped)" : loaded.sample.caption ?? ""
            print("  \(number + 1). \(caption)")
        }
        print("Wrote \(file).")
    }

    private func report(
        _ meter: Throughput, _ replaced: Int, _ workers: Int, _ opening: Duration
    ) {
        let peak = ProcessStatus.peakResidentBytes
        let openMilliseconds = (opening.inSeconds * 1e6).rounded() / 1e3
        guard json else {
            let memory = peak.map { ", \($0 / 1_048_576) MiB at most" } ?? ""
            print(
                "\(meter.samples) samples in \(meter.batches) batches: "
                    + "\(meter.rate.rounded()) samples per second with \(workers) workers, "
                    + "\(replaced) replaced, opened in \(openMilliseconds) ms\(memory)")
            return
        }
        var line = JSONLine()
        line.add("samples", meter.samples)
        line.add("batches", meter.batches)
        line.add("seconds", meter.seconds)
        line.add("samples_per_second", meter.rate)
        line.add("replaced", replaced)
        line.add("workers", workers)
        line.add("open_ms", openMilliseconds)
        line.add("peak_rss_bytes", peak)
        print(line.text)
    }
}

/// Samples per second, not counting the first tenth of them, while everything warms up.
private struct Throughput {
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private let warmUp: Int
    private var warm: (samples: Int, time: ContinuousClock.Instant)?
    private var last: ContinuousClock.Instant
    private(set) var samples = 0
    private(set) var batches = 0

    init(expected: Int) {
        start = clock.now
        last = start
        warmUp = max(expected / 10, 1)
    }

    mutating func count(_ count: Int) {
        samples += count
        batches += 1
        last = clock.now
        if warm == nil && samples >= warmUp { warm = (samples, last) }
    }

    var seconds: Double { (last - start).inSeconds }

    var rate: Double {
        if let warm, samples > warm.samples {
            return Double(samples - warm.samples) / (last - warm.time).inSeconds
        }
        return seconds > 0 ? Double(samples) / seconds : 0
    }
}
