internal import CResample

/// Resamples an image whose rows arrive a few at a time, in Pillow 13's order of passes: columns are
/// resampled first, except where the height shrinks by more than twice as many pixels as the width.
/// Then rows are, which rounds differently.
///
/// Plans and memory are kept from image to image.
@safe final class ImageResampler {
    private let kernels: Kernels
    private let filter: ResampleFilter
    private var axes: ResampleAxes
    private let resampler: RowResampler
    /// Makes the rows of images whose rows are resampled first; those of most aren't.
    private var rowsFirst: RowResampler?
    private var beginsWithRows = false

    /// What part of an axis is resampled: of so many pixels those in a box, Pillow's `box`; by
    /// default all.
    struct Extent {
        let count: Int
        var box: Range<Double>?
    }

    init(_ filter: ResampleFilter, _ kernels: Kernels) {
        self.filter = filter
        self.kernels = kernels
        axes = ResampleAxes(kernels)
        resampler = RowResampler(kernels)
    }

    /// Begins an image that becomes one of `width` × `height` pixels.
    func begin(columns: Extent, rows: Extent, width: Int, height: Int) {
        let horizontal = axes.axis(from: columns.count, box: columns.box, to: width, filter)
        let vertical = axes.axis(from: rows.count, box: rows.box, to: height, filter)
        let lost = (rows: rows.count - height, columns: columns.count - width)
        beginsWithRows = lost.rows > 0 && lost.rows > 2 * lost.columns
        guard beginsWithRows else { return resampler.begin(horizontal, vertical) }
        let first = rowsFirst ?? RowResampler(kernels)
        rowsFirst = first
        first.begin(axes.axis(from: columns.count, to: columns.count, filter), vertical)
        resampler.begin(horizontal, axes.axis(from: height, to: height, filter))
    }

    /// Takes the next rows of the image, and lends the rows of the result that they complete.
    /// - Parameters:
    ///   - rows: So many pixels each as `begin` was told, and `RC_ROW_PADDING` readable bytes.
    ///   - count: How many; as many as are left at most.
    ///   - emit: Called with each row of the result, from the top.
    func push(
        _ rows: UnsafePointer<UnsafePointer<UInt8>>, count: Int,
        emit: (_ y: Int, UnsafePointer<UInt8>) -> Void
    ) {
        guard beginsWithRows, let rowsFirst else {
            return unsafe resampler.push(rows, count: count, emit: emit)
        }
        unsafe rowsFirst.push(rows, count: count) { _, row in
            var row = unsafe row
            unsafe resampler.push(&row, count: 1, emit: emit)
        }
    }

    /// Takes all rows of an image, which lie one after the other without padding.
    func push(
        _ first: UnsafePointer<UInt8>, stride: Int, count: Int,
        emit: (_ y: Int, UnsafePointer<UInt8>) -> Void
    ) {
        guard beginsWithRows, let rowsFirst else {
            return unsafe resampler.push(first, stride: stride, count: count, emit: emit)
        }
        unsafe rowsFirst.push(first, stride: stride, count: count) { _, row in
            var row = unsafe row
            unsafe resampler.push(&row, count: 1, emit: emit)
        }
    }
}
