/// What a file tells of an image besides its pixels.
struct ImageMetadata {
    /// EXIF data, without the name in front.
    var exif: [UInt8] = []
    /// An XMP packet.
    var xmp: [UInt8] = []
    /// An ICC profile.
    var profile: [UInt8] = []
    /// Photoshop's segment of a JPEG, in which IPTC data lie.
    var photoshop: [UInt8] = []

    /// What else a file would lose.
    var isEmpty: Bool { exif.isEmpty && xmp.isEmpty && photoshop.isEmpty }

    /// The colours that the profile describes, four letters.
    var profileSpace: String {
        profile.count >= 128 ? String(decoding: profile[16..<20], as: UTF8.self) : ""
    }

    /// Says that the image is upright now.
    mutating func resetOrientation() {
        ExifDirectory.setOrientation(&exif, to: .upright)
        // It only tells where the EXIF data don't.
        if exif.isEmpty || ExifDirectory(exif)?.orientation == nil { xmp = [] }
    }
}
