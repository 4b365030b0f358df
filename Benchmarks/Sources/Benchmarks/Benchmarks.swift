import ArgumentParser
import CAllocations
import RedCapsCore
import RedCapsLoading
import RedCapsImage
import RedCapsFixtures

/// Measures decoding, resampling and loading, each against C in the same run.
@main
struct Benchmarks: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redcaps-benchmarks",
        abstract: "Decoding, resampling and loading, as ratios to C in the same run.",
        discussion: "A ratio of 1.00 is as fast as the C program; above is faster.")

    @Option(
        help: ArgumentHelp(
            "A configuration of a data set with JPEGs; by default one is drawn.", valueName: "file")
    )
    var config: String?

    @Option(help: "What relative paths in the configuration are relative to.")
    var root: String?

    @Option(help: "The edge of a training image.")
    var size: Int = 512

    @Option(help: "Threads for loading, and for the C program that it is compared with.")
    var workers: Int = 2

    @Option(help: "Images per round.")
    var images: Int = 256

    @Option(help: "Rounds; each figure is the median.")
    var rounds: Int = 5

    func validate() throws {
        for (name, value) in [
            ("size", size), ("workers", workers), ("images", images), ("rounds", rounds),
        ] where value < 1 {
            throw ValidationError("--\(name) \(value) isn't positive")
        }
    }

    func run() throws {
        let subject = try Subject(config: config, root: root, imageSize: size, images: images)
        defer { subject.cleanUp() }
        print("\(subject.files.count) images, medians of \(rounds) rounds")
        print(Comparison.header)
        for benchmark in [decoding, resampling, loading] {
            for comparison in try benchmark(subject) { print(comparison) }
        }
        for line in try allocations(subject) { print(line) }
    }

    /// Counts what reading squares allocates once every image has been read.
    private func allocations(_ subject: Subject) throws -> [String] {
        guard callocations_count() >= 0 else { return ["allocations aren't counted here"] }
        return try ImageDecoding.allCases.map { decoding in
            let reader = try SquareImageReader(
                imageSize: size, ImageOptions(decoding: decoding))
            var pixels = [Float](repeating: 0, count: 3 * size * size)
            func readAll() throws -> Int {
                var span = pixels.mutableSpan
                let before = callocations_count()
                for file in subject.files {
                    _ = try reader.header(of: file.bytes.span)
                    try reader.read(file.bytes.span, region: file.square, into: &span)
                }
                return callocations_count() - before
            }
            let first = try readAll()
            return "allocations, \(decoding.rawValue): \(try readAll()) for "
                + "\(subject.files.count) images that were read before, \(first) the first time; "
                + "libjpeg's own aren't counted"
        }
    }

    private func decoding(_ subject: Subject) throws -> [Comparison] {
        let decoder = try ImageDecoder()
        return [
            try Comparison("decode, whole", against: "libjpeg-turbo", rounds, subject.files.count) {
                for file in subject.files { _ = try decoder.decode(file.bytes.span) }
            } reference: {
                for file in subject.files { try Limit.decode(file.bytes) }
            },
            try Comparison("decode, square", against: "libjpeg-turbo", rounds, subject.files.count)
            {
                for file in subject.files {
                    _ = try decoder.decode(file.bytes.span, region: file.square)
                }
            } reference: {
                for file in subject.files { try Limit.decode(file.bytes, square: file.square) }
            },
        ]
    }

    private func resampling(_ subject: Subject) throws -> [Comparison] {
        let repetitions = 20
        let image = try subject.anySquare(of: 1024)
        return try [512, 256].map { size in
            let resampler = try Resampler(.bicubic)
            guard
                try Limit.resample(image, to: size)
                    == resampler.resize(image, width: size, height: size).pixels
            else { throw ValidationError("the resamplers disagree") }
            return try Comparison(
                "resample 1024 to \(size)", against: "scalar C", rounds, repetitions
            ) {
                for _ in 0..<repetitions {
                    _ = try resampler.resize(image, width: size, height: size)
                }
            } reference: {
                for _ in 0..<repetitions { _ = try Limit.resample(image, to: size) }
            }
        }
    }

    private func loading(_ subject: Subject) throws -> [Comparison] {
        let options = LoaderOptions(batchSize: 32, sampler: .sequential, workers: workers)
        let loader = try DataLoader(subject.dataset, options)
        return [
            try Comparison(
                "load, \(workers) workers", against: "libjpeg-turbo, squares", rounds,
                subject.files.count
            ) {
                for batch in loader.results { _ = try batch.get() }
            } reference: {
                try Limit.decode(subject.files, threads: workers)
            }
        ]
    }
}
