import Logging
import RedCapsLoading
import TestSupport
import Testing

@Suite("Epochs of batches")
struct EpochTests {
    /// Epoch and number of each batch, as `0.2`.
    private func places(
        _ sampler: any Sampler, batchSize: Int = 4, limit: Int = 6, dropsLast: Bool = false,
        context: DistributedContext = .alone, reference: ReferenceMode? = nil,
        resuming point: ResumePoint? = nil, _ change: (inout LoaderOptions) -> Void = { _ in }
    ) throws -> (places: [String], perEpoch: Int?, state: ResumePoint) {
        var options = LoaderOptions(
            batchSize: batchSize, sampler: sampler, workers: 2, context: context,
            batchLimit: limit, dropsLast: dropsLast, failurePolicy: .stop,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        options.reference = reference
        change(&options)
        let loader = try DataLoader(NumberDataset(10), options, resuming: point)
        let places = try loader.results.map { result in
            let batch = try result.get()
            guard let epoch = batch.epoch, let number = batch.numberInEpoch else { return "-" }
            return "\(epoch).\(number)"
        }
        return (places, loader.batchesPerEpoch, loader.state)
    }

    @Test("A batch belongs to the epoch that it begins in, and is counted from the first of these")
    func across() throws {
        let across = ["0.0", "0.1", "0.2", "1.0", "1.1", "2.0"]
        for sampler in [
            .infinite(), .blockShuffled(), .epochs(3), .torchInfinite(), .torchDefault(epochs: 3),
        ] as [any Sampler] {
            let (places, perEpoch, _) = try places(sampler)
            #expect(places == across, "\(sampler.identity)")
            #expect(perEpoch == 3, "\(sampler.identity)")
        }
    }

    @Test("Rounded epochs have whole batches, and as many each")
    func rounded() throws {
        let down = try places(.epochs(rounding: .down(toMultipleOf: 4)))
        #expect(down.places == ["0.0", "0.1", "1.0", "1.1", "2.0", "2.1"])
        #expect(down.perEpoch == 2)
        let up = try places(.epochs(rounding: .up(toMultipleOf: 4)))
        #expect(up.places == ["0.0", "0.1", "0.2", "1.0", "1.1", "1.2"])
        #expect(up.perEpoch == 3)
    }

    @Test("An order that ends is one epoch, whose last batch counts unless it is dropped")
    func single() throws {
        let whole = try places(.sequential)
        #expect(whole.places == ["0.0", "0.1", "0.2"])
        #expect(whole.perEpoch == 3)
        let dropped = try places(.sequential, dropsLast: true)
        #expect(dropped.places == ["0.0", "0.1"])
        #expect(dropped.perEpoch == 2)
        #expect(try places(.sequential, batchSize: 11, dropsLast: true).perEpoch == 0)
    }

    @Test("Orders that go through their sources at different paces have no epochs")
    func none() throws {
        for sampler in [
            .mixture(weights: [1]), .fixedBatchMultiSource(repeats: [2], batchSize: 4),
        ] as [any Sampler] {
            let (places, perEpoch, _) = try places(sampler, limit: 2)
            #expect(places == ["-", "-"])
            #expect(perEpoch == nil)
        }
    }

    @Test("All ranks say the same, which is what one process with batches of that many says")
    func ranks() throws {
        for rank in 0..<2 {
            let context = try DistributedContext(rank: rank, worldSize: 2)
            let (places, perEpoch, _) = try places(.infinite(), batchSize: 2, context: context)
            #expect(places == ["0.0", "0.1", "0.2", "1.0", "1.1", "2.0"])
            #expect(perEpoch == 3)
        }
    }

    @Test("A run that goes on counts on, and batches that are stepped over count as well")
    func resumed() throws {
        let all = try places(.infinite(), limit: 9).places
        for done in 1..<8 {
            let state = try places(.infinite(), limit: done).state
            let rest = try places(.infinite(), limit: 9 - done, resuming: state)
            #expect(rest.places == Array(all[done...]))
        }
        let stepped = try places(.infinite(), limit: 3) {
            $0.firstBatch = 2
            $0.skippedBatches = [3..<5]
        }
        #expect(stepped.places == [all[2], all[5], all[6]])
        // With another batch size, in batches of that.
        let state = try places(.infinite(), limit: 1).state
        #expect(
            try places(.infinite(), batchSize: 2, limit: 4, resuming: state).places
                == ["0.2", "0.3", "0.4", "1.0"])
    }

    @Test("In the reference mode each epoch begins with a new batch")
    func reference() throws {
        let mode = try ReferenceMode(workers: 2)
        let sampler: any Sampler = .torchDefault(epochs: 3)
        let whole = try places(sampler, limit: 9, reference: mode)
        #expect(
            whole.places == ["0.0", "0.1", "0.2", "1.0", "1.1", "1.2", "2.0", "2.1", "2.2"])
        #expect(whole.perEpoch == 3)
        let dropped = try places(sampler, limit: 9, dropsLast: true, reference: mode)
        #expect(dropped.places == ["0.0", "0.1", "1.0", "1.1", "2.0", "2.1"])
        #expect(dropped.perEpoch == 2)
        let state = try places(sampler, limit: 4, reference: mode).state
        #expect(
            try places(sampler, limit: 9, reference: mode, resuming: state).places
                == Array(whole.places[4...]))
    }
}
