import RedCapsBase

/// Why a text isn't YAML as PyYAML reads it, or can't be read at all.
package struct YAMLError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Where, in lines from 1; `nil` for the whole.
    package let line: Int?
    /// What is wrong, or what to do.
    package let reason: String

    init(_ reason: String, line: Int? = nil) {
        self.line = line
        self.reason = reason
    }

    /// The place and the reason in one line.
    package var description: String {
        line.map { "not valid YAML in line \($0): \(reason)" } ?? reason
    }
}

#if !YAML
extension JSONValue {
    /// Refuses.
    /// - Throws: `YAMLError` that names the trait.
    package init(parsingYAML bytes: [UInt8]) throws(YAMLError) {
        throw YAMLError(
            "this build doesn't read YAML: enable the trait \"YAML\" of the package RedCaps, or dump "
                + "the configuration as .json")
    }
}
#endif
