internal import CResample

/// Resamples an image whose rows arrive a few at a time: they are resampled horizontally at once,
/// while they are in the cache, and an output row is made as soon as its last input row is there.
///
/// Its memory only grows, so that images of sizes that were met before allocate nothing.
@safe final class RowResampler {
    private static let rowsAtOnce = Int(RC_ROWS)

    private let kernels: Kernels
    private var horizontal: ResampleAxis?
    private var vertical: ResampleAxis?
    /// Horizontally resampled rows; row y is at y mod their number.
    private var ring: UnsafeMutableBufferPointer<UInt8>
    private var ringRows = 0
    private var stride = 0
    private var output: UnsafeMutableBufferPointer<UInt8>
    /// The rows that a vertical pass reads.
    private var taps: UnsafeMutableBufferPointer<UnsafePointer<UInt8>>
    /// Where a horizontal pass reads and writes.
    private let sources: UnsafeMutablePointer<UnsafePointer<UInt8>>
    private let slots: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>>
    /// Copies of the last rows of an image in memory.
    private var last = Scratch()
    private var pushed = 0
    private var emitted = 0

    init(_ kernels: Kernels) {
        self.kernels = kernels
        unsafe ring = .init(start: nil, count: 0)
        unsafe output = .init(start: nil, count: 0)
        unsafe taps = .init(start: nil, count: 0)
        unsafe sources = .allocate(capacity: Self.rowsAtOnce)
        unsafe slots = .allocate(capacity: Self.rowsAtOnce)
    }

    deinit {
        unsafe ring.deallocate()
        unsafe output.deallocate()
        unsafe taps.deallocate()
        unsafe sources.deallocate()
        unsafe slots.deallocate()
    }

    /// Begins an image.
    func begin(_ horizontal: ResampleAxis, _ vertical: ResampleAxis) {
        pushed = 0
        emitted = 0
        if horizontal === self.horizontal, vertical === self.vertical { return }
        self.horizontal = horizontal
        self.vertical = vertical
        stride = (horizontal.outSize * 3 + Int(RC_ROW_PADDING) + 63) / 64 * 64
        // Those that an output row's taps span, and those that come together with the last of them.
        ringRows = vertical.tapCount + Self.rowsAtOnce
        unsafe Self.grow(&ring, to: stride * ringRows)
        unsafe Self.grow(&output, to: stride)
        if unsafe taps.count < vertical.tapCount {
            unsafe taps.deallocate()
            unsafe taps = .allocate(capacity: vertical.tapCount)
        }
    }

    private static func grow(_ memory: inout UnsafeMutableBufferPointer<UInt8>, to count: Int) {
        guard memory.count < count else { return }
        unsafe memory.deallocate()
        unsafe memory = .allocate(capacity: count)
        unsafe memory.initialize(repeating: 0)
    }

    /// Takes the next input rows, and lends the output rows that they complete.
    /// - Parameters:
    ///   - rows: `inSize` pixels each, and `RC_ROW_PADDING` readable bytes.
    ///   - count: How many; as many as are left at most.
    ///   - emit: Called with each output row.
    func push(
        _ rows: UnsafePointer<UnsafePointer<UInt8>>, count: Int,
        emit: (_ y: Int, UnsafePointer<UInt8>) -> Void
    ) {
        guard let horizontal, let vertical, let ring = unsafe ring.baseAddress,
            pushed + count <= vertical.inSize
        else { return }
        if horizontal.isIdentity, vertical.isIdentity {
            for row in 0..<count { unsafe emit(pushed + row, rows[row]) }
            pushed += count
            return
        }
        var done = 0
        while done < count {
            let some = min(Self.rowsAtOnce, count - done)
            for row in 0..<some {
                unsafe slots[row] = ring + (pushed + row) % ringRows * stride
            }
            if horizontal.isIdentity {
                for row in 0..<some {
                    unsafe slots[row].update(from: rows[done + row], count: horizontal.outSize * 3)
                }
            } else {
                unsafe horizontal.resample(rows + done, into: slots, count: some)
            }
            pushed += some
            done += some
            unsafe emitCompleted(vertical, ring, count: horizontal.outSize * 3, emit)
        }
    }

    /// Takes all rows of an image, which lie one after the other without padding.
    func push(
        _ first: UnsafePointer<UInt8>, stride: Int, count: Int,
        emit: (_ y: Int, UnsafePointer<UInt8>) -> Void
    ) {
        // The last rows are copied: behind them there may be nothing to read.
        let padding = Int(RC_ROW_PADDING)
        let copied = min(count, (padding + stride - 1) / stride)
        var done = 0
        while done < count - copied {
            let some = min(Self.rowsAtOnce, count - copied - done)
            for row in 0..<some { unsafe sources[row] = first + (done + row) * stride }
            unsafe push(sources, count: some, emit: emit)
            done += some
        }
        last.reserve(copied * stride + padding)
        unsafe last.start.update(from: first + done * stride, count: copied * stride)
        var next = unsafe last.start
        while done < count {
            unsafe sources[0] = UnsafePointer(next)
            unsafe push(sources, count: 1, emit: emit)
            unsafe next += stride
            done += 1
        }
    }

    private func emitCompleted(
        _ vertical: ResampleAxis, _ ring: UnsafeMutablePointer<UInt8>, count: Int,
        _ emit: (_ y: Int, UnsafePointer<UInt8>) -> Void
    ) {
        if vertical.isIdentity {
            while emitted < pushed {
                unsafe emit(emitted, ring + emitted % ringRows * stride)
                emitted += 1
            }
            return
        }
        guard let output = unsafe output.baseAddress, let taps = unsafe taps.baseAddress else {
            return
        }
        var plan = unsafe vertical.plan
        while emitted < vertical.outSize, vertical.ends[emitted] <= pushed {
            // Padding taps may point at rows that aren't there yet: their weight is zero.
            var slot = vertical.start(emitted) % ringRows
            for k in 0..<vertical.tapCount {
                unsafe taps[k] = UnsafePointer(ring + slot * stride)
                slot = slot + 1 == ringRows ? 0 : slot + 1
            }
            unsafe kernels.vertical(
                &plan, output: emitted, UnsafePointer(taps), output, count: count)
            unsafe emit(emitted, output)
            emitted += 1
        }
    }
}
