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
    private struct Tools {
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
            let tools = try Tools(
                reader: SquareImageReader(imageSize: 1), decoder: ImageDecoder())
            return range.map { check($0, tools) }
        } catch {
            return range.map {
                Result(index: $0, findings: [Finding(.badImage, sample: $0, "\(error)")])
            }
        }
    }

    private func check(_ index: Int, _ tools: Tools) -> Result {
        var result = Result(index: index)
        var header: ImageHeader?
        var imagePath = ""
        do {
            try samples.look(up: index, tools.lookup)
            imagePath = try tools.lookup.path(0)
            try samples.read(0, tools.lookup, into: &tools.file.buffer)
            try tools.file.buffer.withBytes { bytes in
                result.imageHash = unsafe bytes.withUnsafeBytes { unsafe XXH64.hash($0) }
                let found = try tools.reader.header(of: bytes)
                header = found
                try found.accept(minimumSize: rules.minimumImageSize)
                _ = try tools.decoder.decode(bytes)
            }
        } catch {
            if let finding = finding(error, .image, index) { result.findings.append(finding) }
        }
        do {
            try samples.look(up: index, tools.lookup)
            try samples.read(1, tools.lookup, into: &tools.file.buffer)
            try check(tools.file.buffer.copy(), header, imagePath, &result)
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
        if let error = error as? ManifestError, error.file == "the list" { return nil }
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
            guard let value = object[key] else {
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

    private func captionKey(in object: [String: JSONValue]) -> String? {
        captionKey.update { known in
            if let known { return known }
            let key = ["re_caption", "caption"].first { object[$0] != nil }
            known = .some(key)
            return key
        }
    }

    /// Sizes of the annotation that aren't the image's, nor those of a larger original of the same
    /// shape.
    private static func contradiction(
        _ object: [String: JSONValue], _ header: ImageHeader
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

    private static func hasID(of path: String, _ object: [String: JSONValue]) -> Bool? {
        let name = path.split(separator: "/").last ?? ""
        let stem = name.prefix { $0 != "." }
        for key in ["image_id", "id", "key"] {
            let id: String
            switch object[key] {
            case .string(let text)?: id = text
            case .integer(let number)?: id = "\(number)"
            default: continue
            }
            guard !id.isEmpty else { continue }
            return stem == id || name == id || path == id || stem.hasSuffix("_" + id)
                || stem.hasPrefix(id + "_") || Int(stem).map { "\($0)" == id } ?? false
        }
        return nil
    }
}

/// Tells ids that contradict their image from ids that mean something else altogether.
struct IDComparison {
    private var equal = 0
    private var unequal: [Int] = []

    mutating func add(_ result: SampleCheck.Result) {
        guard let hasOwnID = result.hasOwnID else { return }
        if hasOwnID { equal += 1 } else { unequal.append(result.index) }
    }

    /// Samples with another id than their image, if most have the same.
    var contradictions: [Int] { equal > unequal.count ? unequal : [] }
}

/// Finds images that are the same bytes under several captions.
struct DuplicateImageFinder {
    private var images: [UInt64]
    private var captions: [UInt64]
    private var isKnown: [Bool]

    init(count: Int) {
        images = .init(repeating: 0, count: count)
        captions = images
        isKnown = .init(repeating: false, count: count)
    }

    mutating func add(_ result: SampleCheck.Result) {
        guard let image = result.imageHash, let caption = result.captionHash else { return }
        images[result.index] = image
        captions[result.index] = caption
        isKnown[result.index] = true
    }

    /// Samples with the same image and at least two captions, group by group.
    func groups() throws -> [[Int]] {
        let known = images.indices.filter { isKnown[$0] }.sorted {
            (images[$0], $0) < (images[$1], $1)
        }
        var groups: [[Int]] = []
        var start = 0
        for place in known.indices {
            let isLast =
                place + 1 == known.count || images[known[place + 1]] != images[known[place]]
            guard isLast else { continue }
            let group = known[start...place]
            if Set(group.map { captions[$0] }).count > 1 { groups.append(Array(group)) }
            start = place + 1
        }
        return groups.sorted { $0[0] < $1[0] }
    }
}
