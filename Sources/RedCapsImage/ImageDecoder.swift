/// Decodes images, whole or just a rectangle of them, to the very pixels that Pillow's
/// `convert("RGB")` gives, and refuses those that Pillow refuses.
///
/// JPEG and BMP always, PNG, WebP, GIF and AVIF with the package's trait of that name; of animations
/// the first frame. Alpha is dropped. A file that is too short is refused, even if the rectangle is whole. A
/// decoder keeps memory from image to image; use one per thread.
public final class ImageDecoder {
    public let limits: ImageLimits
    /// Decodes the formats that this build doesn't.
    public let otherFormats: ClosureImageDecoder?

    /// By the number of their registration; `nil` for formats whose trait is off.
    private let decoders: [(any FormatDecoder)?]

    /// - Throws: `ImageError` with `noMemory`.
    public init(
        limits: ImageLimits = ImageLimits(), otherFormats: ClosureImageDecoder? = nil
    ) throws(ImageError) {
        self.limits = limits
        self.otherFormats = otherFormats
        var decoders: [(any FormatDecoder)?] = []
        for registration in ImageFormat.registrations {
            decoders.append(try registration.makeDecoder?())
        }
        self.decoders = decoders
    }

    /// Decodes no pixel.
    /// - Throws: `ImageError` if the bytes aren't an image that Pillow would open, its format isn't
    ///   decoded by this build, or it is over a limit.
    public func header(of bytes: Span<UInt8>) throws(ImageError) -> ImageHeader {
        let header = try decoder(of: bytes).header(of: bytes)
        try check(header)
        return header
    }

    private func check(_ header: ImageHeader) throws(ImageError) {
        let (pixels, overflow) = header.width.multipliedReportingOverflow(by: header.height)
        guard !overflow, pixels <= limits.maxPixels else {
            throw ImageError(
                .tooLarge,
                "\(header.width)×\(header.height) pixels, more than the limit of "
                    + "\(limits.maxPixels)")
        }
    }

    /// Decodes a rectangle, by default everything.
    /// - Throws: `ImageError` for damaged and truncated files and for a region outside the image.
    public func decode(
        _ bytes: Span<UInt8>, region: PixelRegion? = nil
    ) throws(ImageError) -> PixelBuffer {
        var size = (width: 0, height: 0)
        var pixels = [UInt8]()
        unsafe try forEachRows(of: bytes) { (header) throws(ImageError) in
            let region = region ?? header.everything
            try region.check(in: header)
            try PixelBuffer.check(region.width, region.height)
            size = (region.width, region.height)
            pixels.reserveCapacity(region.width * region.height * 3)
            return ImagePart(region: region)
        } _: { rows, count in
            for row in 0..<count {
                unsafe pixels.append(
                    contentsOf: UnsafeBufferPointer(start: rows[row], count: size.width * 3))
            }
        }
        return try PixelBuffer(width: size.width, height: size.height, pixels: pixels)
    }

    /// Reads the header and decodes the part of the image that is then chosen.
    func forEachRows(
        of bytes: Span<UInt8>, _ choose: PartChoice, _ body: RowsBody
    ) throws(ImageError) {
        unsafe try decoder(of: bytes).forEachRows(of: bytes) { (header) throws(ImageError) in
            try check(header)
            return try choose(header)
        } _: {
            unsafe body($0, $1)
        }
    }

    /// What the file tells besides the pixels, of one whose header was read.
    func metadata(of bytes: Span<UInt8>) throws(ImageError) -> ImageMetadata {
        try decoder(of: bytes).metadata(of: bytes)
    }

    private func decoder(of bytes: Span<UInt8>) throws(ImageError) -> any FormatDecoder {
        guard bytes.count <= limits.maxBytes else {
            throw ImageError(
                .tooLarge, "\(bytes.count) bytes, more than the limit of \(limits.maxBytes)")
        }
        do throws(ImageError) {
            let number = try ImageFormat.number(of: bytes)
            if let decoder = decoders[number] { return decoder }
            let name = ImageFormat.registrations[number].format.rawValue
            throw ImageError(
                .unsupported,
                "\(name) isn't decoded by this build: enable the trait \"\(name)\" of the package "
                    + "RedCaps")
        } catch {
            guard [.unknownFormat, .unsupported].contains(error.code),
                let image = try otherFormats?.decode(bytes)
            else { throw error }
            return DecodedImage(image)
        }
    }
}

/// A part of an image that is to be decoded.
struct ImagePart {
    /// What the edges are divided by, rounding up, while it is decoded: a power of two, at most the
    /// header's `mostShrink`.
    var shrink = 1
    /// A rectangle of the image that was shrunk.
    let region: PixelRegion
}

/// Chooses what to decode, the header being known: of the image as it is stored.
typealias PartChoice = (ImageHeader) throws(ImageError) -> ImagePart

/// What rows are lent to, up to four at a time, each followed by `RC_ROW_PADDING` readable bytes.
typealias RowsBody = (_ rows: UnsafePointer<UnsafePointer<UInt8>>, _ count: Int) -> Void

/// Decodes one format; `ImageFormat.registrations` lists them.
///
/// What it can't do but whole, such as shrinking, it says in the header.
protocol FormatDecoder: AnyObject {
    /// Reads the header.
    func header(of bytes: Span<UInt8>) throws(ImageError) -> ImageHeader

    /// What the file tells besides the pixels.
    func metadata(of bytes: Span<UInt8>) throws(ImageError) -> ImageMetadata

    /// Reads the header and decodes the part of the image that is then chosen, a few rows at a time.
    func forEachRows(
        of bytes: Span<UInt8>, _ choose: PartChoice, _ body: RowsBody
    ) throws(ImageError)
}
