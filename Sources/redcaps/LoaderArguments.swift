import RedCapsLoading
import ArgumentParser
import Logging
import RedCapsCore

/// In which order, by which process and how carefully samples are loaded: the arguments of verbs
/// that run a loader.
struct LoaderArguments: ParsableArguments {
    @Option(help: "How many batches; by default one epoch's, or all of an order that ends.")
    var batches: Int?

    @Option(help: "Samples in a batch; by default the configuration's, else 32.")
    var batchSize: Int?

    @Option(
        help: ArgumentHelp(
            "The order: configured, sequential, infinite, epochs, block-shuffled, mixture, or reference for the configuration's exactly as Python draws it.",
            valueName: "name"))
    var sampler = Order.configured

    @Option(help: "How many epochs, with --sampler epochs or a configured DefaultSampler.")
    var epochs: Int?

    @Option(
        help: "With --sampler block-shuffled: how many shards are mixed at a time; by default 16.")
    var shardsOpen: Int?

    @Option(
        help: ArgumentHelp(
            "With --sampler mixture: how often each data set is drawn, as in 3,1,0.5.",
            valueName: "list"))
    var weights: String?

    @Flag(inversion: .prefixedNo, help: "Whether the order is shuffled; as configured by default.")
    var shuffle: Bool?

    @Option(help: "Which process this is, instead of what its launcher says.")
    var rank: Int?

    @Option(help: "How many processes there are.")
    var worldSize: Int?

    @Flag(help: "Take the rank from the Slurm job array that this process is a task of.")
    var jobArray = false

    enum Order: String, ExpressibleByArgument, CaseIterable {
        case configured, sequential, infinite, epochs, mixture, reference
        case blockShuffled = "block-shuffled"
    }

    func validate() throws {
        for (name, value) in [
            ("batches", batches), ("epochs", epochs), ("shards-open", shardsOpen),
            ("world-size", worldSize),
        ] {
            if let value, !(1...1 << 32).contains(value) {
                throw ValidationError("--\(name) \(value) isn't in 1 ... 2^32")
            }
        }
        if let batchSize, !(1...65536).contains(batchSize) {
            throw ValidationError("--batch-size \(batchSize) isn't in 1 ... 65536")
        }
        guard (rank == nil) == (worldSize == nil) else {
            throw ValidationError("--rank and --world-size go together")
        }
        if let rank, let worldSize, !(0..<worldSize).contains(rank) {
            throw ValidationError("--rank \(rank) isn't in 0 ..< \(worldSize), the --world-size")
        }
        if jobArray, rank != nil {
            throw ValidationError("--job-array and --rank are two sources of the rank")
        }
        guard shardsOpen == nil || sampler == .blockShuffled else {
            throw ValidationError("--shards-open needs --sampler block-shuffled")
        }
        guard epochs == nil || [.configured, .epochs, .reference].contains(sampler) else {
            throw ValidationError("--sampler \(sampler.rawValue) takes no --epochs")
        }
        guard (weights != nil) == (sampler == .mixture) else {
            throw ValidationError("--sampler mixture and --weights go together")
        }
        _ = try parsedWeights()
    }

    private func parsedWeights() throws -> [Double] {
        guard let weights else { return [] }
        let values = try weights.split(separator: ",", omittingEmptySubsequences: false).map {
            guard let weight = Double($0), weight.isFinite else {
                throw ValidationError("--weights: \"\($0)\" isn't a number")
            }
            guard weight >= 0 else { throw ValidationError("--weights: \($0) is negative") }
            return weight
        }
        guard values.contains(where: { $0 > 0 }) else {
            throw ValidationError("--weights \(weights): none is above 0, so nothing is drawn")
        }
        return values
    }

    /// The arguments that were given though they only count for whole batches.
    var givenForBatches: String? {
        [
            ("--batch-size", batchSize != nil), ("--sampler", sampler != .configured),
            ("--epochs", epochs != nil), ("--shuffle", shuffle != nil), ("--rank", rank != nil),
            ("--job-array", jobArray),
        ].first(where: \.1)?.0
    }

    /// Which of several processes this is.
    func context() throws -> DistributedContext {
        if let rank, let worldSize {
            return try DistributedContext(rank: rank, worldSize: worldSize)
        }
        return try .fromEnvironment(jobArray ? .jobArray : .launcher)
    }

    /// The order, as asked for or as configured; in the reference mode that is as Python draws it.
    private func makeSampler(
        _ training: TrainingConfiguration, seed: UInt64, worldSize: Int, isReference: Bool
    ) throws -> any Sampler {
        let order = isReference && sampler == .configured ? .reference : sampler
        if epochs != nil, order != .epochs {
            guard case .epochs = training.sampler else {
                throw Failure("--epochs: the configuration's sampler never ends")
            }
        }
        let shuffles = shuffle ?? training.sampler.shuffles
        let orderSeed = training.orderSeed(ofRun: seed)
        switch order {
        case .sequential: return .sequential
        case .infinite: return .infinite(shuffle: shuffles, seed: orderSeed)
        case .epochs: return .epochs(epochs ?? 1, shuffle: shuffles, seed: orderSeed)
        case .blockShuffled: return .blockShuffled(shardsOpen: shardsOpen ?? 16, seed: orderSeed)
        case .mixture: return .mixture(weights: try parsedWeights(), seed: orderSeed)
        case .reference:
            return training.referenceSampler(
                shuffle: shuffles, seed: seed, worldSize: worldSize, epochs: epochs ?? 1)
        case .configured:
            return training.makeSampler(shuffle: shuffles, seed: orderSeed, epochs: epochs ?? 1)
        }
    }

    /// The options of a loader of a data set.
    func options(
        _ training: TrainingConfiguration, _ dataset: some Dataset, seed: UInt64?, workers: Int?,
        reference: ReferenceMode? = nil
    ) throws -> LoaderOptions {
        let context = try context()
        var options = LoaderOptions(
            training, batchSize: batchSize,
            sampler: try makeSampler(
                training, seed: training.runSeed(seed), worldSize: context.worldSize,
                isReference: reference != nil),
            workers: workers, seed: seed, context: context)
        options.logger = Logger(label: "redcaps")
        options.reference = reference
        options.batchLimit = batches
        options.limitToEpoch(of: dataset)
        return options
    }
}
