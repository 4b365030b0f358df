/// Resizes images with Pillow's arithmetic, to the bit: 8 bits in and out, 22 bits of fraction in
/// between, each pass rounded and clipped.
///
/// Plans are kept from call to call; use one per thread.
public final class Resampler {
    private let kernels: Kernels
    private let rows: ImageResampler
    private var writer: RowWriter?

    /// Chooses a filter, and instructions for it.
    /// - Throws: `ImageError` with `unsupported` if this processor lacks the instructions.
    public init(
        _ filter: ResampleFilter = .bicubic, kernel: ResampleKernel = .automatic
    ) throws(ImageError) {
        kernels = try Kernels(kernel)
        rows = ImageResampler(filter, kernels)
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
        var pixels: [UInt8] = []
        pixels.reserveCapacity(width * height * 3)
        unsafe resample(image, width: width, height: height) { _, row in
            unsafe pixels.append(contentsOf: UnsafeBufferPointer(start: row, count: width * 3))
        }
        return PixelBuffer(uncheckedWidth: width, height: height, pixels: pixels)
    }

    /// Resizes an image straight to the pixels of a batch, with the same arithmetic.
    /// - Parameters:
    ///   - image: An image of any aspect.
    ///   - width: The width W that it gets in pixels, 1 ... 16384.
    ///   - height: The height H that it gets in pixels, 1 ... 16384.
    ///   - format: How pixels are stored; by default as three planes of floats.
    ///   - pixels: 3 × H × W channels to be written, aligned for their type.
    /// - Throws: `ImageError` with `badRequest` for a size that is out of range, and for memory that
    ///   isn't aligned or of another size.
    public func resize(
        _ image: PixelBuffer, width: Int, height: Int, _ format: PixelFormat = PixelFormat(),
        into pixels: inout MutableRawSpan
    ) throws(ImageError) {
        try format.check(pixels, width: width, height: height)
        if writer?.format != format { writer = RowWriter(format, kernels) }
        guard let writer else { return }
        unsafe pixels.withUnsafeMutableBytes { pixels in
            guard let out = pixels.baseAddress else { return }
            unsafe resample(image, width: width, height: height) { y, row in
                unsafe writer.write(row, row: y, width: width, height: height, to: out)
            }
        }
    }

    private func resample(
        _ image: PixelBuffer, width: Int, height: Int,
        emit: (_ y: Int, UnsafePointer<UInt8>) -> Void
    ) {
        rows.begin(
            columns: .init(count: image.width), rows: .init(count: image.height), width: width,
            height: height)
        unsafe image.pixels.withUnsafeBufferPointer { input in
            guard let start = input.baseAddress else { return }
            unsafe rows.push(start, stride: image.width * 3, count: image.height, emit: emit)
        }
    }
}
