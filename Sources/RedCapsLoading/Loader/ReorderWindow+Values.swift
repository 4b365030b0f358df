// What goes into the window and comes out of it.
extension ReorderWindow {
    /// What became of a sample.
    package enum Result: Sendable {
        case loaded(LoadedSample<Sample>)
        /// It failed, as did those that were tried in its place.
        case failed([SampleFailure])
        /// Nothing can be loaded at all.
        case broken(any Error)
    }

    /// Samples to load, neighbours in one batch.
    package struct Ticket: Sendable {
        package let place: Place
        /// The number of the first of them in the run.
        let number: Int
        /// Their positions in the stream.
        package let positions: BatchPositions
        package let indices: ArraySlice<Int>
        package let storage: Storage
        /// What they draw from, one after the other.
        package let draws: DrawPolicy.Draws
        package var slot: Int { place.slot }
        package var batch: Int { place.batch }
    }

    /// Where results belong. It doesn't hold the storage: a thread that is slow to go on after its
    /// last sample would otherwise keep the memory of a batch that is long gone.
    package struct Place: Sendable {
        let batch: Int
        let slot: Int
    }

    /// A batch that is all there.
    package struct Finished: Sendable {
        package let number: Int
        package let positions: BatchPositions
        package let samples: [LoadedSample<Sample>]
        package let storage: Storage
        package let failures: [SampleFailure]
        /// Who owned its draws, if somebody did, and how far these are after it.
        package let owner: Int?
        package let drawState: DrawPolicy.State?
    }

    /// What comes out.
    package enum Outcome: Sendable {
        case batch(Finished)
        /// Nothing but the end comes after it. With the failures that haven't been told before.
        case failure(any Error, [SampleFailure])
        /// There are no more batches.
        case end
    }
}
