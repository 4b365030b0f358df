public import RedCapsBase

extension PromptTemplate {
    /// Decodes the dictionary of a configuration.
    /// - Parameters:
    ///   - value: The dictionary.
    ///   - keyPath: Where it stands in its file, for messages.
    /// - Throws: `ConfigurationError` for a missing string or a bad format.
    public init(_ value: JSONValue, at keyPath: String) throws(ConfigurationError) {
        var reader = try ConfigurationReader(value, at: keyPath)
        let generation = try reader.string("GENERATION")
        let unconditional = try reader.string("CFG")
        let instruction = try reader.string("INSTRUCTION")
        let startsImage = try reader.bool("IMG_START_TOKEN_FOR_GENERATION", default: true)
        let imageStart = startsImage ? try reader.string("IMG_START_TOKEN") : ""
        try self.init(
            generation: generation, unconditional: unconditional, instruction: instruction,
            imageStart: imageStart, path: reader.path)
    }
}
