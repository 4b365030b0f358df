extension ImageFormat {
    /// The extensions that name a file of the format, in lower case, without a dot, the commonest
    /// first. They are recognised in any case.
    public var fileExtensions: [String] {
        switch self {
        case .jpeg: ["jpg", "jpeg", "jpe", "jfif"]
        case .png: ["png"]
        case .webP: ["webp"]
        case .gif: ["gif"]
        }
    }

    /// Extensions of images that no build decodes.
    package static let foreignExtensions = [
        "bmp", "tif", "tiff", "avif", "heic", "heif", "jp2", "jxl",
    ]

    private static let extensions = allCases.flatMap(\.fileExtensions)

    /// Where an extension, in any case, stands among those of all formats, the commonest first;
    /// `nil` if it is none of an image's. This is the one place where names of images are told from
    /// others.
    package static func rank(ofExtension name: String) -> Int? {
        extensions.firstIndex(of: name.lowercased())
    }

    /// Whether a file's name, in any case, is that of an image, be it of a format that isn't
    /// decoded.
    package static func isImageName(_ path: String) -> Bool {
        guard let dot = path.utf8.lastIndex(of: UInt8(ascii: ".")) else { return false }
        let name = path[path.utf8.index(after: dot)...].lowercased()
        return extensions.contains(name) || foreignExtensions.contains(name)
    }
}
