// Which epoch a batch is of, as far as the order has epochs.
extension BatchPlan {
    /// The positions that a batch of all ranks covers.
    private var step: Int {
        let (step, overflow) = batchSize.multipliedReportingOverflow(by: worldSize)
        return overflow ? .max : max(1, step)
    }

    /// The epoch that a batch begins in, and its number among the batches of this size that begin there,
    /// both from 0; the same on all ranks but those of epochs that are shared out unequally.
    package func place(ofBatch number: Int) -> (epoch: Int, batch: Int)? {
        if let epochs { return epochs.place(ofBatch: number) }
        guard let samplesPerEpoch, samplesPerEpoch > 0, let position = position(ofBatch: number)
        else {
            return nil
        }
        let (epoch, place) = position.quotientAndRemainder(dividingBy: samplesPerEpoch)
        return (epoch, place / step)
    }

    /// How many batches begin in an epoch; where that isn't the same for all, the most.
    package var batchesPerEpoch: Int? {
        if let epochs { return epochs.batchesInEpoch }
        guard let samplesPerEpoch, samplesPerEpoch > 0 else { return nil }
        let isShort = !samplesPerEpoch.isMultiple(of: step)
        // Only the end of the order cuts a batch short.
        let isDropped = dropsLast && end == samplesPerEpoch
        return samplesPerEpoch / step + (isShort && !isDropped ? 1 : 0)
    }

    /// Why there is no batch at all; `nil` if there is one.
    package var reasonForNoBatches: String? {
        guard limit > 0 else { return "no batches: none were asked for" }
        guard positions(ofBatch: number(from: firstNumber)) == nil else { return nil }
        if positions(ofBatch: firstNumber) != nil {
            return "no batches: all that were asked for are stepped over"
        }
        if let length = epochs?.length ?? end {
            if length <= 0 { return "no batches: the order has no samples" }
            if dropsLast, length < step {
                return "no batches: the order has \(length) samples, a batch of all ranks \(step), "
                    + "and one that isn't full is dropped"
            }
            if epochs?.batchesInEpoch == 0 {
                return "no batches: rank \(rank) of \(worldSize) gets none of \(length) samples"
            }
        }
        guard let end else {
            return "no batches: batch \(firstNumber) begins beyond the last position that can be "
                + "counted"
        }
        if positions(ofBatch: origin.number) == nil, origin.number > 0 || origin.position > 0 {
            return "no batches: the run is through; it goes on at position \(origin.position), and "
                + "the order ends after \(end) samples"
        }
        return "no batches: the order ends after \(end) samples, before the first that was asked "
            + "for"
    }
}
