import RedCapsBase
import RedCapsLoading

/// Which order a configuration asks for: the sampler's type and options, as Python has them.
///
/// Without a seed, it is that of the run.
package enum SamplerConfiguration: Sendable, Hashable {
    /// mmengine's `InfiniteSampler`: all samples again and again.
    case infinite(shuffle: Bool = true, seed: Int? = nil)
    /// mmengine's `DefaultSampler`: epochs, extended to a multiple of the ranks if it rounds up.
    case epochs(shuffle: Bool = true, seed: Int? = nil, roundsUp: Bool = true)
    /// OpenUni's `FixedBatchMultiSourceSampler`: of each source in turn so many batches.
    case fixedBatches(repeats: [Int], batchSize: Int, shuffle: Bool = true, seed: Int? = nil)

    package var shuffles: Bool {
        switch self {
        case .infinite(let shuffle, _), .epochs(let shuffle, _, _),
            .fixedBatches(_, _, let shuffle, _):
            shuffle
        }
    }

    /// The seed, if it isn't that of the run.
    package var seed: Int? {
        switch self {
        case .infinite(_, let seed), .epochs(_, let seed, _), .fixedBatches(_, _, _, let seed): seed
        }
    }

    /// Decodes the dictionary of a sampler.
    /// - Parameters:
    ///   - value: The dictionary.
    ///   - keyPath: Where it stands in its file, for messages.
    ///   - sources: How many data sets the outermost concatenation has.
    /// - Throws: `ConfigurationError` for another sampler, an option that isn't known, or a bad value.
    init(
        _ value: JSONValue, at keyPath: String, sources: Int
    ) throws(ConfigurationError) {
        var reader = try ConfigurationReader(value, at: keyPath)
        let type = try reader.typeName()
        let shuffle = try reader.bool("shuffle", default: true)
        let seed = try reader.optionalInteger("seed")
        switch type {
        case "InfiniteSampler":
            self = .infinite(shuffle: shuffle, seed: seed)
        case "DefaultSampler":
            self = .epochs(
                shuffle: shuffle, seed: seed, roundsUp: try reader.bool("round_up", default: true))
        case "FixedBatchMultiSourceSampler":
            self = .fixedBatches(
                repeats: try Self.readRepeats(&reader, sources: sources),
                batchSize: try reader.requiredInteger("batch_size", in: 1...65536),
                shuffle: shuffle, seed: seed)
        default:
            throw reader.failure(
                "type",
                "only InfiniteSampler, DefaultSampler and FixedBatchMultiSourceSampler are supported"
            )
        }
        if let key = reader.unknownKeys.first {
            throw ConfigurationError(key, "this option of the sampler isn't supported")
        }
    }

    private static func readRepeats(
        _ reader: inout ConfigurationReader, sources: Int
    ) throws(ConfigurationError) -> [Int] {
        let expected = "a list with a number of batches for each data set is needed"
        guard case .array(let values)? = reader.value("repeat") else {
            throw reader.failure("repeat", expected)
        }
        guard values.count == sources else {
            throw reader.failure("repeat", "\(expected): \(sources) of them")
        }
        let repeats = values.compactMap { value -> Int? in
            if case .integer(let number) = value, (0...65536).contains(number) {
                number
            } else {
                nil
            }
        }
        guard repeats.count == values.count, repeats.contains(where: { $0 > 0 }) else {
            throw reader.failure("repeat", "expected integers in 0 ... 65536, not all of them 0")
        }
        return repeats
    }
}
