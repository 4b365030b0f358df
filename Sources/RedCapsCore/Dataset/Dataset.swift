/// Samples by index that a `DataLoader` can load: all that the loader needs to know.
///
/// Only `count`, `load` and `collate` must be given. A data set with large samples has its
/// `Storage`: memory for a whole batch, into which each sample is written where it belongs, so that
/// nothing is copied. A data set with costly decoders has its `Workspace`, one for each thread.
public protocol Dataset: Sendable {
    /// What is known of one sample, besides what was written into the storage.
    associatedtype Sample: Sendable
    /// What the loader delivers.
    associatedtype Batch: Sendable = [LoadedSample<Sample>]
    /// Memory for the samples of one batch.
    associatedtype Storage: Sendable = Void
    /// What a thread keeps from sample to sample.
    associatedtype Workspace = Void

    /// The number of samples.
    var count: Int { get }

    /// Makes what one thread keeps from sample to sample.
    func makeWorkspace() throws -> Workspace

    /// Makes the memory of one batch.
    /// - Throws: If there is none; the loader then ends with that error.
    func makeStorage(slots: Int) throws -> Storage

    /// Loads a sample. Called from several threads at once, for different slots.
    /// - Parameters:
    ///   - index: Which sample, in `0 ..< count`.
    ///   - draws: All randomness that the sample may use.
    ///   - storage: The memory of the batch.
    ///   - slot: The sample's place in the storage.
    ///   - workspace: The calling thread's own.
    /// - Throws: Whatever makes the sample unusable. What it has drawn until then stays drawn.
    func load(
        _ index: Int, draws: inout some SampleDraws, into storage: Storage, slot: Int,
        workspace: Workspace
    ) throws -> Sample

    /// Makes a batch of samples that are all there.
    func collate(_ samples: [LoadedSample<Sample>], in storage: Storage) -> Batch
}

extension Dataset where Storage == Void {
    /// Nothing: the samples hold all there is.
    public func makeStorage(slots: Int) {}
}

extension Dataset where Workspace == Void {
    /// Nothing: a worker needs no memory of its own.
    public func makeWorkspace() {}
}

extension Dataset where Batch == [LoadedSample<Sample>] {
    /// The samples as they are.
    public func collate(_ samples: [LoadedSample<Sample>], in storage: Storage) -> Batch { samples }
}

/// A sample in its place in the order.
public struct LoadedSample<Sample: Sendable>: Sendable {
    /// The place in the stream of samples, from 0.
    public let position: Int
    /// The index that the sampler chose.
    public let index: Int
    /// The index that was loaded: another one if that failed.
    public let used: Int
    /// The sample.
    public let sample: Sample
    /// The indices that failed before, each with the reason.
    public let failures: [SampleFailure]
}

/// A sample that couldn't be loaded.
public struct SampleFailure: Sendable, CustomStringConvertible {
    /// The place in the stream of samples.
    public let position: Int
    /// Which sample.
    public let index: Int
    /// Why.
    public let error: any Error

    /// The place and the reason in one line.
    public var description: String { "position \(position), \(error)" }
}

/// What to do about a sample that can't be loaded.
public struct FailurePolicy: Sendable, Hashable {
    /// How many other samples to try in its place.
    let replacements: Int

    /// Take another sample, drawn as the reference draws it, and again if that fails too, up to
    /// this many times for one place in the order. Then the loader stops with an error.
    public static func replace(atMost count: Int) -> FailurePolicy {
        FailurePolicy(replacements: max(0, count))
    }

    /// Stop the loader with the error.
    public static let stop = FailurePolicy(replacements: 0)
}

/// Too many samples in a row couldn't be loaded.
public struct TooManyFailures: Error, Sendable, CustomStringConvertible {
    /// Every failure, in order.
    public let failures: [SampleFailure]

    /// The count, and the last failure.
    public var description: String {
        let last = failures.last.map { "\($0)" } ?? ""
        return failures.count == 1
            ? last : "\(failures.count) samples in a row failed; last: \(last)"
    }
}

extension Dataset {
    /// Loads a sample or, under the policy, another one in its place.
    /// - Throws: `TooManyFailures`.
    public func load(
        _ index: Int, position: Int, draws: inout some SampleDraws, policy: FailurePolicy,
        into storage: Storage, slot: Int, workspace: Workspace
    ) throws(TooManyFailures) -> LoadedSample<Sample> {
        var failures: [SampleFailure] = []
        var used = index
        while true {
            do {
                let sample = try load(
                    used, draws: &draws, into: storage, slot: slot, workspace: workspace)
                return LoadedSample(
                    position: position, index: index, used: used, sample: sample,
                    failures: failures)
            } catch {
                failures.append(SampleFailure(position: position, index: used, error: error))
            }
            guard failures.count <= policy.replacements else {
                throw TooManyFailures(failures: failures)
            }
            used = draws.integer(below: count)
        }
    }
}
