internal import CResample

/// Resizes images with Pillow's arithmetic, to the bit: 8 bits in and out, 22 bits of fraction in
/// between, each pass rounded and clipped.
///
/// Plans are kept from call to call; use one per thread.
public final class Resampler {
    private let filter: ResampleFilter
    private let kernels: Kernels
    private var axes: ResampleAxes

    /// Chooses a filter, and instructions for it.
    /// - Throws: `ImageError` with `unsupported` if this processor lacks the instructions.
    public init(
        _ filter: ResampleFilter = .bicubic, kernel: ResampleKernel = .automatic
    ) throws(ImageError) {
        self.filter = filter
        kernels = try Kernels(kernel)
        axes = ResampleAxes(kernels)
    }

    /// Resizes an image as Pillow 13 does.
    ///
    /// The horizontal pass comes first, except where the height shrinks by more than twice as many
    /// pixels as the width: then Pillow 13 turns the passes round, which rounds differently.
    /// - Throws: `ImageError` with `badRequest` for a size that isn't positive or too large.
    public func resize(_ image: PixelBuffer, width: Int, height: Int) throws(ImageError)
        -> PixelBuffer
    {
        try PixelBuffer.check(width, height)
        let horizontal = axes.axis(from: image.width, to: width, filter)
        let vertical = axes.axis(from: image.height, to: height, filter)
        let lost = (rows: image.height - height, columns: image.width - width)
        if lost.rows > 0, lost.rows > 2 * lost.columns {
            let tall = pass(
                image, axes.axis(from: image.width, to: image.width, filter), vertical)
            return pass(tall, horizontal, axes.axis(from: height, to: height, filter))
        }
        return pass(image, horizontal, vertical)
    }

    private func pass(
        _ image: PixelBuffer, _ horizontal: ResampleAxis, _ vertical: ResampleAxis
    ) -> PixelBuffer {
        let rows = RowResampler(kernels)
        rows.begin(horizontal, vertical)
        var pixels: [UInt8] = []
        pixels.reserveCapacity(horizontal.outSize * vertical.outSize * 3)
        let stride = image.width * 3
        unsafe image.pixels.withUnsafeBufferPointer { input in
            guard let start = input.baseAddress else { return }
            unsafe rows.push(start, stride: stride, count: image.height) { _, out in
                unsafe pixels.append(
                    contentsOf: UnsafeBufferPointer(start: out, count: horizontal.outSize * 3))
            }
        }
        return PixelBuffer(
            uncheckedWidth: horizontal.outSize, height: vertical.outSize, pixels: pixels)
    }
}

/// Axes that were planned before. Data sets of one size need one, others a few hundred.
struct ResampleAxes {
    private struct Key: Hashable {
        let from: Int
        let box: Range<Double>?
        let to: Int
        let filter: ResampleFilter
    }

    private static let limit = 128
    private let kernels: Kernels
    private var planned: [Key: ResampleAxis] = [:]

    init(_ kernels: Kernels) { self.kernels = kernels }

    mutating func axis(
        from: Int, box: Range<Double>? = nil, to: Int, _ filter: ResampleFilter
    ) -> ResampleAxis {
        let key = Key(from: from, box: box, to: to, filter: filter)
        if let axis = planned[key] { return axis }
        if planned.count >= Self.limit { planned.removeAll(keepingCapacity: true) }
        let axis = ResampleAxis(from: from, box: box, to: to, filter, kernels)
        planned[key] = axis
        return axis
    }
}
