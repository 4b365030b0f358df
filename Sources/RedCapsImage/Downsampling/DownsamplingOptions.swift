/// How images are made smaller for good: what is wanted of the files that `Downsampler` writes.
public struct DownsamplingOptions: Sendable, Hashable {
    /// What becomes of an ICC profile.
    public enum Profile: String, Sendable, Hashable, CaseIterable {
        /// It stays, if it describes the kind of colours that is written.
        case keep
        /// Colours are converted to sRGB, and the profile goes. Needs the package's trait `ICC`.
        case convert
        /// It goes; the numbers stay.
        case drop
    }

    /// The most pixels that the shorter edge may have. Images are never enlarged.
    public let shortestEdge: Int
    /// Quality and coding of the JPEGs; images that are gray stay so.
    public let encoder: JPEGEncoder
    /// By default `.keep`.
    public var profile: Profile
    /// Whether images are turned as their metadata say, and marked upright; by default not.
    public var appliesOrientation: Bool
    /// Whether EXIF, XMP and IPTC data stay; by default they do.
    public var keepsMetadata: Bool
    public var limits: ImageLimits

    /// - Parameters:
    ///   - shortestEdge: In pixels, 1 ... 65500.
    ///   - quality: 1 to 100, as libjpeg counts.
    ///   - sampling: How finely colour is stored; by default for each pixel from quality 90 on, else
    ///     for four, as libvips does.
    /// - Throws: `ImageError` with `badRequest` for an edge or a quality that is out of range, and
    ///   with `unsupported` for colours to be converted in a build without the trait `ICC`.
    public init(
        shortestEdge: Int, quality: Int = 90, sampling: JPEGEncoder.Sampling? = nil,
        isProgressive: Bool = false, profile: Profile = .keep, appliesOrientation: Bool = false,
        keepsMetadata: Bool = true, limits: ImageLimits = ImageLimits()
    ) throws(ImageError) {
        guard (1...65500).contains(shortestEdge) else {
            throw ImageError(.badRequest, "a shortest edge of \(shortestEdge) isn't in 1 ... 65500")
        }
        #if !ICC
        if profile == .convert {
            throw ImageError(
                .unsupported,
                "this build doesn't convert colours: enable the trait \"ICC\" of the package RedCaps"
            )
        }
        #endif
        self.shortestEdge = shortestEdge
        encoder = try JPEGEncoder(
            quality: quality, sampling: sampling ?? (quality >= 90 ? .s444 : .s420),
            isProgressive: isProgressive, optimizesCoding: isProgressive)
        self.profile = profile
        self.appliesOrientation = appliesOrientation
        self.keepsMetadata = keepsMetadata
        self.limits = limits
    }
}
