internal import CResample

/// Resamples an image whose rows arrive one by one: each is resampled horizontally at once, while
/// it is in the cache, and an output row is made as soon as its last input row is there.
@safe final class RowResampler {
    private let kernels: Kernels
    private var horizontal: ResampleAxis
    private var vertical: ResampleAxis
    private var horizontalPlan: rc_axis
    private var verticalPlan: rc_axis
    /// As many horizontally resampled rows as an output row's taps span; row y is at y mod that.
    private var ring: UnsafeMutableBufferPointer<UInt8>
    private var stride: Int
    private var taps: UnsafeMutableBufferPointer<UnsafePointer<UInt8>>
    private var output: UnsafeMutableBufferPointer<UInt8>
    private var pushed = 0
    private var emitted = 0

    init(_ horizontal: ResampleAxis, _ vertical: ResampleAxis, _ kernels: Kernels) {
        self.kernels = kernels
        self.horizontal = horizontal
        self.vertical = vertical
        unsafe horizontalPlan = horizontal.plan
        unsafe verticalPlan = vertical.plan
        let padding = Int(RC_ROW_PADDING)
        stride = (horizontal.outSize * 3 + padding + 63) / 64 * 64
        unsafe ring = .allocate(capacity: stride * vertical.tapCount)
        unsafe ring.initialize(repeating: 0)
        unsafe output = .allocate(capacity: stride)
        unsafe output.initialize(repeating: 0)
        unsafe taps = .allocate(capacity: vertical.tapCount)
        if let start = unsafe ring.baseAddress {
            for k in 0..<vertical.tapCount {
                unsafe taps.initializeElement(at: k, to: UnsafePointer(start + k * stride))
            }
        }
    }

    deinit {
        unsafe ring.deallocate()
        unsafe output.deallocate()
        unsafe taps.deallocate()
    }

    /// Whether this object resamples between those sizes.
    func fits(_ horizontal: ResampleAxis, _ vertical: ResampleAxis) -> Bool {
        self.horizontal === horizontal && self.vertical === vertical
    }

    /// Begins another image of the same size.
    func begin() {
        pushed = 0
        emitted = 0
    }

    /// Takes the next input row, and lends the output rows that it completes.
    /// - Parameter row: `inSize` pixels and 64 readable bytes.
    func push(
        _ row: UnsafePointer<UInt8>, emit: (_ y: Int, UnsafePointer<UInt8>) -> Void
    ) {
        guard pushed < vertical.inSize,
            let ring = unsafe ring.baseAddress, let output = unsafe output.baseAddress,
            let taps = unsafe taps.baseAddress
        else { return }
        let count = horizontal.outSize * 3
        if horizontal.isIdentity && vertical.isIdentity {
            unsafe emit(pushed, row)
            pushed += 1
            return
        }
        let slot = unsafe ring + pushed % vertical.tapCount * stride
        if horizontal.isIdentity {
            unsafe slot.update(from: row, count: count)
        } else {
            unsafe kernels.horizontal(&horizontalPlan, row, slot)
        }
        pushed += 1
        if vertical.isIdentity {
            unsafe emit(pushed - 1, slot)
            return
        }
        while emitted < vertical.outSize, vertical.ends[emitted] <= pushed {
            // Padding taps may point at rows that aren't there yet: their weight is zero.
            let first = vertical.start(emitted)
            for k in 0..<vertical.tapCount {
                unsafe taps[k] = UnsafePointer(ring + (first + k) % vertical.tapCount * stride)
            }
            unsafe kernels.vertical(
                &verticalPlan, output: emitted, UnsafePointer(taps), output, count: count)
            unsafe emit(emitted, output)
            emitted += 1
        }
    }
}
