internal import CResample

/// Collects rows and lends them a few at a time, each followed by readable bytes, as resampling
/// wants.
@safe struct RowLender: ~Copyable {
    private static let rowsAtOnce = Int(RC_ROWS)

    private var memory = Scratch()
    private let rows: UnsafeMutablePointer<UnsafePointer<UInt8>>
    private var stride = 0
    private var count = 0

    init() { unsafe rows = .allocate(capacity: Self.rowsAtOnce) }

    deinit { unsafe rows.deallocate() }

    /// Begins an image.
    mutating func begin(width: Int) {
        stride = (width * 3 + Int(RC_ROW_PADDING) + 63) / 64 * 64
        memory.reserve(stride * Self.rowsAtOnce)
        count = 0
    }

    /// Where the next row goes.
    var next: UnsafeMutablePointer<UInt8> { unsafe memory.start + count * stride }

    /// Takes the row that was written to `next`.
    mutating func take(_ body: RowsBody) {
        count += 1
        if count == Self.rowsAtOnce { unsafe lend(body) }
    }

    /// Lends what is left.
    mutating func lend(_ body: RowsBody) {
        guard count > 0 else { return }
        for row in 0..<count {
            unsafe rows[row] = UnsafePointer(memory.start + row * stride)
        }
        unsafe body(rows, count)
        count = 0
    }
}
