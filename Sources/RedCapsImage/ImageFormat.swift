/// A format of image files. It is told by a file's first bytes, never by its name.
public enum ImageFormat: String, Sendable, Hashable, CaseIterable {
    /// Baseline and progressive JPEG.
    case jpeg = "JPEG"
    /// PNG, and the first frame of an APNG.
    case png = "PNG"
    /// WebP, lossy and lossless, and the first frame of an animation.
    case webP = "WebP"
    /// The first frame of a GIF.
    case gif = "GIF"
    /// BMP, also with run lengths.
    case bmp = "BMP"
    /// AVIF, and the first frame of an animation.
    case avif = "AVIF"

    /// All that there is to say about a format that may be decoded, but how: the raw value names it,
    /// and its trait.
    struct Registration: Sendable {
        let format: ImageFormat
        /// How its files begin: any of these.
        let signatures: [FileSignature]
        /// How the names of its files end, the usual ones: of files that differ in this alone, the
        /// one with the first is taken for the image.
        let suffixes: [String]
        /// Other ends of names.
        var rareSuffixes: [String] = []
        /// Makes a decoder, one per thread; `nil` in a build without the trait.
        let makeDecoder: (@Sendable () throws(ImageError) -> any FormatDecoder)?
    }

    /// The formats, in the order in which a file is compared with them and in which messages name
    /// them. To add one takes a case, an entry here, and a `FormatDecoder`.
    static let registrations: [Registration] = [
        Registration(
            format: .jpeg, signatures: [FileSignature([0xFF, 0xD8, 0xFF])],
            suffixes: ["jpg", "jpeg"], rareSuffixes: ["jpe", "jfif"],
            makeDecoder: { () throws(ImageError) in try JPEGDecoder() }),
        Registration(
            format: .png,
            signatures: [FileSignature([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])],
            suffixes: ["png"], makeDecoder: makePNGDecoder),
        Registration(
            format: .webP, signatures: [FileSignature("RIFF", "WEBP", at: 8)],
            suffixes: ["webp"], makeDecoder: makeWebPDecoder),
        Registration(
            format: .gif, signatures: [FileSignature("GIF87a"), FileSignature("GIF89a")],
            suffixes: ["gif"], makeDecoder: makeGIFDecoder),
        Registration(
            format: .bmp, signatures: [FileSignature("BM")], suffixes: ["bmp"],
            makeDecoder: { () throws(ImageError) in BMPDecoder() }),
        Registration(
            format: .avif, signatures: [FileSignature(compatibleBrands: ["avif", "avis"])],
            suffixes: ["avif"], makeDecoder: makeAVIFDecoder),
    ]

    private typealias MakeDecoder = @Sendable () throws(ImageError) -> any FormatDecoder

    #if PNG
    private static let makePNGDecoder: MakeDecoder? = { () throws(ImageError) in PNGDecoder() }
    #else
    private static let makePNGDecoder: MakeDecoder? = nil
    #endif
    #if WebP
    private static let makeWebPDecoder: MakeDecoder? = { () throws(ImageError) in WebPDecoder() }
    #else
    private static let makeWebPDecoder: MakeDecoder? = nil
    #endif
    #if GIF
    private static let makeGIFDecoder: MakeDecoder? = { () throws(ImageError) in GIFDecoder() }
    #else
    private static let makeGIFDecoder: MakeDecoder? = nil
    #endif
    #if AVIF
    private static let makeAVIFDecoder: MakeDecoder? = { () throws(ImageError) in AVIFDecoder() }
    #else
    private static let makeAVIFDecoder: MakeDecoder? = nil
    #endif

    /// Whether this build decodes the format: JPEG and BMP always, the others with the package's trait
    /// of that name.
    public var isDecoded: Bool {
        Self.registrations.contains { $0.format == self && $0.makeDecoder != nil }
    }

    /// Tells a file's format.
    /// - Throws: `ImageError` with `unknownFormat`, which names the format if it is a known one.
    public init(of bytes: Span<UInt8>) throws(ImageError) {
        self = Self.registrations[try Self.number(of: bytes)].format
    }

    /// The place of a file's format among the registrations.
    static func number(of bytes: Span<UInt8>) throws(ImageError) -> Int {
        guard bytes.count > 0 else { throw ImageError(.truncated, "the file is empty") }
        for (number, registration) in registrations.enumerated() {
            for signature in registration.signatures where signature.begins(bytes) {
                return number
            }
        }
        let decoded = registrations.filter { $0.makeDecoder != nil }.map(\.format.rawValue)
            .joined(separator: ", ")
        throw ImageError(
            .unknownFormat,
            OtherFormat.name(of: bytes).map {
                "\($0) isn't decoded, only \(decoded): convert the files, or bring a decoder "
                    + "(ImageOptions.otherFormats)"
            }
                ?? "no image that is decoded (\(decoded)): it begins with "
                + FileSignature.hex(bytes))
    }
}

// What names tell, where no bytes are there to be asked.
extension ImageFormat {
    /// Whether a file is an image by its name, of a format that is decoded or one that isn't; large
    /// and small letters are the same.
    package static func isImageName(_ name: String) -> Bool {
        guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")) else { return false }
        return suffixes.contains(name[name.utf8.index(after: dot)...].lowercased())
    }

    /// The place of a suffix, without its dot, among the usual ones of formats that may be decoded,
    /// `nil` for any other: of two files that differ in this alone, the lesser is the image.
    package static func rank(ofSuffix suffix: String) -> Int? {
        usualSuffixes.firstIndex(of: suffix.lowercased())
    }

    private static let usualSuffixes = registrations.flatMap(\.suffixes)
    private static let suffixes = Set(
        usualSuffixes + registrations.flatMap(\.rareSuffixes) + OtherFormat.suffixes)
}
