import RedCapsLoading
import RedCapsImage

/// Why a sample of a caption data set can't be loaded: which one, and what is wrong with it.
public struct SampleError: LocatedError, Sendable, CustomStringConvertible {
    /// How far loading had got.
    public enum Stage: String, Sendable {
        /// Looking up or reading the image, or refusing its size.
        case image
        /// Looking up, reading or parsing the annotation.
        case annotation
        /// Looking up or reading a further part.
        case part
        /// Turning the caption into ids.
        case text
    }

    /// The index in the data set's list.
    public let index: Int
    public let stage: Stage
    /// The path, as the list has it, of what is at fault.
    public let path: String
    public let cause: any Error

    /// The stage, and what kind of cause it is.
    public var kind: String {
        let name: String
        switch cause {
        case let error as ImageError: name = "\(error.code)"
        case let error as AnnotationError where error.isOfKey: name = "key"
        default: name = FailureKind.name(of: cause)
        }
        return "\(stage.rawValue): \(name)"
    }

    /// The sample, the place and the reason in one line.
    public var description: String { "sample \(index), \(stage) \(path): \(cause)" }
}

/// Why an image isn't trained on though it can be decoded.
package struct UnacceptableImage: Error, Sendable, Equatable, CustomStringConvertible {
    /// The width in pixels, as it is shown if orientations are applied.
    package let width: Int
    /// The height in pixels, likewise.
    package let height: Int
    /// The rule that it breaks.
    package let reason: String

    /// The size and the rule.
    package var description: String { "\(width)×\(height) pixels: \(reason)" }
}

extension ImageHeader {
    /// The reference's rules for images, strict inequalities all of them.
    package func accept(minimumSize: Int) throws(UnacceptableImage) {
        let ratio = Double(width) / Double(height)
        guard width > minimumSize, height > minimumSize else {
            throw UnacceptableImage(
                width: width, height: height, reason: "both edges must exceed \(minimumSize)")
        }
        guard ratio > 0.1, ratio < 10 else {
            throw UnacceptableImage(
                width: width, height: height, reason: "one edge is ten times the other or more")
        }
    }
}
