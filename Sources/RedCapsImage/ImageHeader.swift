/// What an image's header tells, before any pixel is decoded.
public struct ImageHeader: Sendable, Hashable {
    /// The format; `nil` for an image that a `ClosureImageDecoder` has decoded.
    public let format: ImageFormat?
    /// In pixels, as stored.
    public let width: Int
    /// In pixels, as stored.
    public let height: Int
    /// Stored components: 1 for gray and palettes, 2 for gray with alpha, 3 for colour, 4 for colour
    /// with alpha, CMYK and YCCK.
    public let componentCount: Int
    /// Whether the image is stored in scans of growing detail, or interlaced.
    public let isProgressive: Bool
    /// How the image is to be turned; its width and its height are those that are stored.
    public internal(set) var orientation = ImageOrientation.upright
    /// The most that its decoder can divide both edges by while it decodes: 8 by libjpeg, which can
    /// halve three times, 1 by decoders that can't.
    var mostShrink = 1

    /// By how much to shrink while decoding.
    /// - Parameter isLargeEnough: Whether what is left is, for what the edges would be divided by.
    func shrink(while isLargeEnough: (Int) -> Bool) -> Int {
        var shrink = mostShrink
        while shrink > 1, !isLargeEnough(shrink) { shrink /= 2 }
        return shrink
    }

    /// The header of the image as it is shown.
    var shown: ImageHeader {
        guard orientation.swapsAxes else { return self }
        return ImageHeader(
            format: format, width: height, height: width, componentCount: componentCount,
            isProgressive: isProgressive, orientation: orientation, mostShrink: mostShrink)
    }

    /// All of the image.
    var everything: PixelRegion { PixelRegion(x: 0, y: 0, width: width, height: height) }

    /// Where the square in the middle lies along the longer edge, half a pixel being rounded to even
    /// as by torchvision's `CenterCrop`.
    public var middle: Int {
        Int((Double(abs(width - height)) / 2).rounded(.toNearestOrEven))
    }

    /// The square of the shorter edge that lies `offset` pixels from the left or the top, whichever
    /// way the image is longer.
    public func square(at offset: Int) -> PixelRegion {
        let side = min(width, height)
        return width > height
            ? PixelRegion(x: offset, y: 0, width: side, height: side)
            : PixelRegion(x: 0, y: offset, width: side, height: side)
    }
}

/// A rectangle of pixels, with its origin at the top left.
public struct PixelRegion: Sendable, Hashable {
    public var x: Int
    public var y: Int
    public var width: Int
    public var height: Int

    public init(x: Int, y: Int, width: Int, height: Int) {
        (self.x, self.y, self.width, self.height) = (x, y, width, height)
    }

    /// - Throws: `ImageError` with `badRequest` if it doesn't lie inside an image.
    func check(in header: ImageHeader) throws(ImageError) {
        guard fits(header.width, header.height) else {
            throw ImageError(
                .badRequest, "\(self) lies outside an image of \(header.width)×\(header.height)")
        }
    }

    /// Whether it isn't empty and lies inside an image of that size.
    func fits(_ imageWidth: Int, _ imageHeight: Int) -> Bool {
        x >= 0 && y >= 0 && width > 0 && height > 0
            && x <= imageWidth - width && y <= imageHeight - height
    }
}
