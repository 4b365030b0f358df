/// Formats that aren't decoded, but told from others, so that a refusal can name them.
enum OtherFormat {
    /// How the names of image files of these formats end.
    static let suffixes = [
        "tif", "tiff", "heic", "heif", "jp2", "jxl",
    ]

    /// The name of a file's format, if it is known.
    static func name(of bytes: Span<UInt8>) -> String? {
        signatures.first { $0.signature.begins(bytes) }?.name
    }

    private static let signatures: [(signature: FileSignature, name: String)] =
        ["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"].map {
            (FileSignature("", "ftyp" + $0, at: 4), "HEIF")
        } + [
            (FileSignature("", "ftyp", at: 4), "a video (MP4 or QuickTime)"),
            (FileSignature([0x49, 0x49, 0x2A, 0]), "TIFF"),
            (FileSignature([0x4D, 0x4D, 0, 0x2A]), "TIFF"),
            (FileSignature([0x49, 0x49, 0x2B, 0]), "BigTIFF"),
            (FileSignature([0x4D, 0x4D, 0, 0x2B]), "BigTIFF"),
            (FileSignature([0, 0, 0, 0x0C, 0x6A, 0x50, 0x20, 0x20]), "JPEG 2000"),
            (FileSignature([0xFF, 0x4F, 0xFF, 0x51]), "JPEG 2000"),
            (FileSignature([0xFF, 0x0A]), "JPEG XL"),
            (FileSignature([0, 0, 0, 0x0C, 0x4A, 0x58, 0x4C, 0x20]), "JPEG XL"),
            (FileSignature("8BPS"), "PSD"), (FileSignature("qoif"), "QOI"),
            (FileSignature("%PDF"), "PDF"), (FileSignature([0, 0, 1, 0]), "ICO"),
            (FileSignature("DDS "), "DDS"),
            (FileSignature("P1"), "PBM"), (FileSignature("P2"), "PGM"),
            (FileSignature("P3"), "PPM"), (FileSignature("P4"), "PBM"),
            (FileSignature("P5"), "PGM"), (FileSignature("P6"), "PPM"),
            (FileSignature("<"), "text (HTML, SVG or XML)"), (FileSignature("{"), "text (JSON)"),
            (FileSignature([0x1F, 0x8B]), "gzip"), (FileSignature("PK"), "ZIP"),
            (FileSignature([0xFF, 0xD8]), "a JPEG without a third FF"),
        ]
}
