/// A part of a sample that has a file of its own, by the name under which a manifest's entries have
/// its path: `{"image": "00123/x.jpg", "annotation": "00123/x.json", "latents": …}`.
///
/// Every sample has an image and an annotation; a data set may have any number of further parts.
public struct SamplePart: Sendable, CustomStringConvertible {
    /// The name.
    public let name: String

    /// The image that is decoded.
    public static let image = SamplePart("image")
    /// The file that holds the caption.
    public static let annotation = SamplePart("annotation")

    /// Names a part.
    public init(_ name: String) { self.name = name }

    /// The name.
    public var description: String { name }
}

extension SamplePart: Hashable {
    // By bytes: Swift's == for strings would also match another spelling of an accent.
    public static func == (a: SamplePart, b: SamplePart) -> Bool {
        a.name.utf8.elementsEqual(b.name.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        for byte in name.utf8 { hasher.combine(byte) }
    }
}
