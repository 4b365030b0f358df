import RedCapsBase

/// The caption in an annotation's JSON object.
enum Annotation {
    /// A value that may or may not turn out to be needed: a caption that isn't text is an error
    /// only when it isn't dropped.
    enum Caption: Equatable {
        case text(String)
        case notText(String)
    }

    /// Finds the caption in an annotation's file.
    /// - Throws: What makes the file none of its format.
    static func caption(in bytes: [UInt8], _ format: CaptionFormat) throws -> Caption {
        switch format {
        case .json(let key): return try caption(in: bytes, key: key)
        case .text:
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw AnnotationError(reason: "not UTF-8")
            }
            return .text(PythonText.strip(PythonText.withUniversalNewlines(text)))
        }
    }

    /// Finds the value of a key, and checks the rest.
    /// - Throws: `JSONError`, or `AnnotationError` if there is no such key.
    private static func caption(in bytes: [UInt8], key: String) throws -> Caption {
        var scanner = JSONScanner(bytes)
        guard try scanner.peek() == UInt8(ascii: "{") else {
            throw AnnotationError(reason: "not an object")
        }
        var caption: Caption?
        var keys: [String] = []
        let wanted = Array(key.utf8)  // Swift's == would also match another spelling of an accent
        try scanner.readObject { (found, scanner) throws(JSONError) in
            guard found.utf8.elementsEqual(wanted) else {
                keys.append(found)
                return try scanner.skipValue()
            }
            switch try scanner.readValue() {
            case .string(let text): caption = .text(text)
            case let other: caption = .notText(other.summary)
            }
        }
        try scanner.finish()
        guard let caption else {
            let list =
                keys.prefix(20).map { "\"\($0)\"" }.joined(separator: ", ")
                + (keys.count > 20 ? ", …" : "")
            throw AnnotationError(
                reason: "no key \"\(key)\" (cap_source); it has \(list.isEmpty ? "none" : list)",
                isOfKey: !keys.isEmpty)
        }
        return caption
    }
}

/// Why an annotation has no caption.
package struct AnnotationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong.
    package let reason: String
    /// Whether it is that the caption's key isn't among those that are there.
    let isOfKey: Bool

    package init(reason: String) { self.init(reason: reason, isOfKey: false) }

    init(reason: String, isOfKey: Bool) { (self.reason, self.isOfKey) = (reason, isOfKey) }

    /// The reason.
    package var description: String { reason }
}
