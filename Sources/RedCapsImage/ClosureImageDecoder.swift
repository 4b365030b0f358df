/// Decodes formats that this build doesn't, with another library, through a closure.
///
/// It is asked about files of formats that `ImageFormat` doesn't know, and of those whose trait is
/// off; never about others. What it decodes is cropped, resampled and stored as any other image, and
/// so are `ImageLimits` kept, once the pixels are there.
public struct ClosureImageDecoder: Sendable, Hashable {
    /// What it decodes: two with one name are taken to be the same.
    public let name: String
    private let body: @Sendable (Span<UInt8>) throws -> PixelBuffer?

    /// - Parameters:
    ///   - name: The format's, for messages.
    ///   - body: Gets a file's bytes, on several threads at once, and gives the whole image, or `nil` for a
    ///     file that isn't its own, which is then refused as it would be without the closure. What it
    ///     throws makes the image invalid.
    public init(
        _ name: String, _ body: @escaping @Sendable (Span<UInt8>) throws -> PixelBuffer?
    ) {
        self.name = name
        self.body = body
    }

    /// - Throws: `ImageError`; `invalid` with the decoder's name for whatever else the closure throws.
    public func decode(_ bytes: Span<UInt8>) throws(ImageError) -> PixelBuffer? {
        do {
            return try body(bytes)
        } catch let error as ImageError {
            throw error
        } catch {
            throw ImageError(.invalid, "\(name): \(error)")
        }
    }

    public static func == (a: Self, b: Self) -> Bool { a.name == b.name }

    public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// An image that a closure has decoded whole, as if it were being decoded now.
final class DecodedImage: FormatDecoder {
    private let image: PixelBuffer
    private var lender = RowLender()

    init(_ image: PixelBuffer) { self.image = image }

    private var header: ImageHeader {
        ImageHeader(
            format: nil, width: image.width, height: image.height, componentCount: 3,
            isProgressive: false)
    }

    func header(of bytes: Span<UInt8>) -> ImageHeader { header }

    func metadata(of bytes: Span<UInt8>) -> ImageMetadata { ImageMetadata() }

    func forEachRows(
        of bytes: Span<UInt8>, _ choose: PartChoice, _ body: RowsBody
    ) throws(ImageError) {
        let region = try choose(header).region
        try region.check(in: header)
        lender.begin(width: region.width)
        unsafe image.pixels.withUnsafeBufferPointer { pixels in
            guard let start = pixels.baseAddress else { return }
            for y in region.y..<(region.y + region.height) {
                // In bounds: the region lies in the image, whose pixels are height × width × 3.
                unsafe lender.next.update(
                    from: start + (y * image.width + region.x) * 3, count: region.width * 3)
                unsafe lender.take(body)
            }
        }
        unsafe lender.lend(body)
    }
}
