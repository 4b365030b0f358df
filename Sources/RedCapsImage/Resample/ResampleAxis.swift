internal import CResample

/// The plan for one axis: which inputs each output takes, and with what weights.
///
/// @unchecked Sendable: the memory that `plan` points to is written in `init` only, freed in
/// `deinit` only, and read in between.
@safe final class ResampleAxis: @unchecked Sendable {
    let inSize: Int
    let outSize: Int
    /// Whether this axis changes nothing.
    let isIdentity: Bool
    /// For each output, one past the last input that it needs.
    let ends: [Int]
    /// How many consecutive inputs an output's taps span, padding included.
    let tapCount: Int
    private let starts: UnsafeMutablePointer<UInt32>
    private let taps: UnsafeMutablePointer<Int16>
    /// What the kernels like to know beforehand.
    private let hints: UnsafeMutableRawPointer?
    private let kernels: Kernels

    /// Plans an axis, with the arithmetic of Pillow's `precompute_coeffs`: in double precision, and
    /// then in fixed point with 22 fraction bits.
    /// - Parameter box: What part of the input to take, Pillow's `box`; by default all.
    init(
        from inSize: Int, box: Range<Double>? = nil, to outSize: Int, _ filter: ResampleFilter,
        _ kernels: Kernels
    ) {
        self.inSize = inSize
        self.outSize = outSize
        let box = box ?? 0..<Double(inSize)
        isIdentity = inSize == outSize && box == 0..<Double(inSize)
        let scale = (box.upperBound - box.lowerBound) / Double(outSize)
        let filterScale = max(scale, 1)
        let support = filter.support * filterScale
        var spans: [Range<Int>] = []
        var weights: [[Double]] = []
        spans.reserveCapacity(outSize)
        weights.reserveCapacity(outSize)
        for x in 0..<outSize {
            let center = box.lowerBound + (Double(x) + 0.5) * scale
            let first = max(0, Int(center - support + 0.5))
            let end = min(inSize, Int(center + support + 0.5))
            let reciprocal = 1 / filterScale
            var taps = (first..<end).map {
                filter.weight((Double($0) - center + 0.5) * reciprocal)
            }
            let sum = taps.reduce(0, +)
            if sum != 0 { for k in taps.indices { taps[k] /= sum } }
            spans.append(first..<end)
            weights.append(taps)
        }
        ends = spans.map(\.upperBound)

        // Taps come in groups of four. An output near the end starts earlier, behind zeros, so that
        // its padding doesn't reach past the row.
        let groups = ((spans.map(\.count).max() ?? 1) + 3) / 4
        tapCount = groups * 4
        let starts = UnsafeMutablePointer<UInt32>.allocate(capacity: outSize)
        let taps = UnsafeMutablePointer<Int16>.allocate(capacity: outSize * groups * 8)
        unsafe taps.initialize(repeating: 0, count: outSize * groups * 8)
        for x in 0..<outSize {
            let start = min(spans[x].lowerBound, max(0, inSize - tapCount))
            unsafe (starts + x).initialize(to: UInt32(start))
            for (k, weight) in weights[x].enumerated() {
                let fixed = Int32(weight * 4_194_304 + (weight < 0 ? -0.5 : 0.5))
                let tap = k + spans[x].lowerBound - start
                let group = unsafe taps + (x * groups + tap / 4) * 8
                unsafe group[tap % 4] = Int16(truncatingIfNeeded: fixed >> 11)
                unsafe group[4 + tap % 4] = Int16(fixed & 0x7FF)
            }
        }
        unsafe self.starts = starts
        unsafe self.taps = taps
        self.kernels = kernels
        var plan = unsafe rc_axis(
            in_size: UInt32(inSize), out_size: UInt32(outSize), groups: UInt32(groups),
            starts: starts, taps: taps)
        unsafe hints = kernels.makePlan(&plan)
    }

    deinit {
        unsafe kernels.release(hints)
        unsafe starts.deallocate()
        unsafe taps.deallocate()
    }

    /// The first input of an output's padded span.
    func start(_ output: Int) -> Int { unsafe Int(starts[output]) }

    /// Resamples up to `RC_ROWS` rows along this axis.
    func resample(
        _ rows: UnsafePointer<UnsafePointer<UInt8>>,
        into out: UnsafePointer<UnsafeMutablePointer<UInt8>>, count: Int
    ) {
        var plan = unsafe plan
        unsafe kernels.horizontal(&plan, hints, rows, out, count: count)
    }

    /// The plan as the kernels read it, valid as long as this object.
    var plan: rc_axis {
        unsafe rc_axis(
            in_size: UInt32(inSize), out_size: UInt32(outSize), groups: UInt32(tapCount / 4),
            starts: starts, taps: taps)
    }
}
