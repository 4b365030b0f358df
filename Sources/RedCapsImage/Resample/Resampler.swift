internal import CResample

/// Resizes images with Pillow's arithmetic, to the bit: 8 bits in and out, 22 bits of fraction in
/// between, each pass rounded and clipped.
///
/// Plans are kept from call to call; use one per thread.
public final class Resampler {
    private let filter: ResampleFilter
    private let kernels: Kernels
    private let rows: RowResampler
    private var axes: ResampleAxes
    private var writer: RowWriter?

    /// Chooses a filter, and instructions for it.
    /// - Throws: `ImageError` with `unsupported` if this processor lacks the instructions.
    public init(
        _ filter: ResampleFilter = .bicubic, kernel: ResampleKernel = .automatic
    ) throws(ImageError) {
        self.filter = filter
        kernels = try Kernels(kernel)
        rows = RowResampler(kernels)
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

    /// Resizes a square straight to the pixels of a batch.
    /// - Parameters:
    ///   - image: A square.
    ///   - imageSize: The edge S that it gets, 1 ... 16384.
    ///   - format: How pixels are stored.
    ///   - pixels: 3 × S × S channels to be written, aligned for their type.
    /// - Throws: `ImageError` with `badRequest` for an image that is no square, a size that is out of
    ///   range, and memory that isn't aligned or of another size.
    public func resize(
        _ image: PixelBuffer, imageSize: Int, _ format: PixelFormat = PixelFormat(),
        into pixels: inout MutableRawSpan
    ) throws(ImageError) {
        guard image.width == image.height, (1...16384).contains(imageSize) else {
            throw ImageError(
                .badRequest,
                "\(image.width)×\(image.height) pixels don't become a square of \(imageSize)")
        }
        try format.check(pixels, imageSize: imageSize)
        if writer?.format != format { writer = RowWriter(format, kernels) }
        guard let writer else { return }
        let axis = axes.axis(from: image.width, to: imageSize, filter)
        rows.begin(axis, axis)
        let rows = rows
        unsafe pixels.withUnsafeMutableBytes { pixels in
            guard let out = pixels.baseAddress else { return }
            unsafe image.pixels.withUnsafeBufferPointer { input in
                guard let start = input.baseAddress else { return }
                unsafe rows.push(start, stride: image.width * 3, count: image.height) { y, row in
                    unsafe writer.write(row, row: y, size: imageSize, to: out)
                }
            }
        }
    }

    private func pass(
        _ image: PixelBuffer, _ horizontal: ResampleAxis, _ vertical: ResampleAxis
    ) -> PixelBuffer {
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

    private static let limit = 256
    private let kernels: Kernels
    /// Those of late, and those before; what is used again moves up.
    private var planned: [Key: ResampleAxis] = [:]
    private var older: [Key: ResampleAxis] = [:]

    init(_ kernels: Kernels) { self.kernels = kernels }

    mutating func axis(
        from: Int, box: Range<Double>? = nil, to: Int, _ filter: ResampleFilter
    ) -> ResampleAxis {
        let key = Key(from: from, box: box, to: to, filter: filter)
        if let axis = planned[key] { return axis }
        if planned.count >= Self.limit {
            swap(&planned, &older)
            planned.removeAll(keepingCapacity: true)
        }
        let axis = older[key] ?? ResampleAxis(from: from, box: box, to: to, filter, kernels)
        planned[key] = axis
        return axis
    }
}
