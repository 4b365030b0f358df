import RedCapsBase
import RedCapsCore
import RedCapsImage
import RedCapsTar

/// Decodes images and parses annotations under the rules of the data set.
final class SampleCheck: Sendable {
    private let samples: SampleIndex
    private let rules: Verification.Rules
    /// The key that holds captions, once it is known.
    private let captionKey: ConditionLock<String??>

    /// What a thread works with.
    private struct Context {
        let reader: SquareImageReader
        let decoder: ImageDecoder
        let lookup = RowLookup()
        var file = ReadBufferBox()
    }

    /// A buffer that can be handed from piece to piece.
    private final class ReadBufferBox {
        var buffer = ReadBuffer()
    }

    /// What was seen of one sample.
    struct Result: Sendable {
        let index: Int
        var findings: [Finding] = []
        /// Hashes of the image's bytes and of the caption, if both could be read.
        var imageHash: UInt64?
        var captionHash: UInt64?
        /// Whether the annotation's id is that of the image; `nil` if it has none.
        var hasOwnID: Bool?
    }

    init(_ samples: SampleIndex, _ rules: Verification.Rules) {
        self.samples = samples
        self.rules = rules
        captionKey = ConditionLock(rules.captionKey.map { .some($0) })
    }

    /// Looks at some samples, on the calling thread.
    func run(_ range: Range<Int>) -> [Result] {
        do {
            let context = try Context(
                reader: SquareImageReader(imageSize: 1), decoder: ImageDecoder())
            return range.map { check($0, context) }
        } catch {
            return range.map {
                Result(index: $0, findings: [Finding(.badImage, sample: $0, "\(error)")])
            }
        }
    }

    private func check(_ index: Int, _ context: Context) -> Result {
        var result = Result(index: index)
        var header: ImageHeader?
        var imagePath = ""
        do {
            try samples.look(up: index, context.lookup)
            imagePath = try context.lookup.path(0)
            try samples.read(0, context.lookup, into: &context.file.buffer)
            try context.file.buffer.withBytes { bytes in
                result.imageHash = unsafe bytes.withUnsafeBytes { unsafe XXH64.hash($0) }
                let found = try context.reader.header(of: bytes)
                header = found
                try found.accept(minimumSize: rules.minimumImageSize)
                _ = try context.decoder.decode(bytes)
            }
        } catch {
            if let finding = finding(error, .image, index) { result.findings.append(finding) }
        }
        do {
            try samples.look(up: index, context.lookup)
            try samples.read(1, context.lookup, into: &context.file.buffer)
            try check(context.file.buffer.copy(), header, imagePath, &result)
        } catch {
            if let finding = finding(error, .annotation, index) { result.findings.append(finding) }
        }
        return result
    }

    /// What an error means; `nil` for a file that isn't there, which has been told before.
    private func finding(_ error: any Error, _ part: SamplePart, _ index: Int) -> Finding? {
        if let error = error as? StoreError, error.code == .missing || error.code == .notAFile {
            return nil
        }
        // Of a single entry, that it has no such path.
        if error is ManifestError { return nil }
        let kind: Finding.Kind =
            part == .annotation
            ? .badAnnotation : error is UnacceptableImage ? .refusedImage : .badImage
        let path = try? samples.path(part, of: index)
        return Finding(kind, member: path, sample: index, "\(error)")
    }

    private func check(
        _ bytes: [UInt8], _ header: ImageHeader?, _ imagePath: String, _ result: inout Result
    ) throws {
        guard case .object(let object) = try JSONValue(parsing: bytes) else {
            throw AnnotationError(reason: "not an object")
        }
        if let key = captionKey(in: object) {
            guard let value = object[ExactText(key)] else {
                throw AnnotationError(reason: "no key \"\(key)\"")
            }
            guard case .string(let caption) = value else {
                throw AnnotationError(reason: "the caption is \(value.summary), not text")
            }
            result.captionHash = XXH64.hash(Array(caption.utf8))
        } else {
            result.captionHash = XXH64.hash(bytes)
        }
        if let header, let reason = Self.contradiction(object, header) {
            result.findings.append(
                Finding(
                    .contradiction, member: try? samples.path(.annotation, of: result.index),
                    sample: result.index, reason))
        }
        result.hasOwnID = Self.hasID(of: imagePath, object)
    }

    private func captionKey(in object: [ExactText: JSONValue]) -> String? {
        captionKey.update { known in
            if let known { return known }
            let key = ["re_caption", "caption"].first { object[ExactText($0)] != nil }
            known = .some(key)
            return key
        }
    }

    /// Sizes of the annotation that aren't the image's, nor those of a larger original of the same
    /// shape.
    private static func contradiction(
        _ object: [ExactText: JSONValue], _ header: ImageHeader
    ) -> String? {
        guard case .integer(let width)? = object["width"],
            case .integer(let height)? = object["height"]
        else { return nil }
        if (width, height) == (header.width, header.height) { return nil }
        let isLarger = width > header.width && height > header.height
        let scale = Double(header.width) / Double(width)
        // Sizes of a reduced image are rounded.
        let isReduced = isLarger && abs(Double(height) * scale - Double(header.height)) <= 1.5
        return isReduced
            ? nil
            : "it says \(width)×\(height), the image has \(header.width)×\(header.height)"
    }

    private static func hasID(of path: String, _ object: [ExactText: JSONValue]) -> Bool? {
        let name = Substring(FilePath.name(of: path))
        let stem = name.pieces(at: ".", keepingEmpty: true).first ?? name
        for key in ["image_id", "id", "key"] {
            let id: String
            switch object[ExactText(key)] {
            case .string(let text)?: id = text
            case .integer(let number)?: id = "\(number)"
            default: continue
            }
            guard !id.isEmpty else { continue }
            return stem.isExactly(id) || name.isExactly(id) || path.isExactly(id)
                || stem.endsExactly(with: "_" + id) || stem.beginsExactly(with: id + "_")
                || Int(stem).map { "\($0)" == id } ?? false
        }
        return nil
    }
}
