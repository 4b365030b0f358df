/// What a tokenizer's files say, ready for use.
struct TokenizerPipeline: Sendable {
    var normalization: [NormalizationStep] = []
    var splits: [SplitStep] = []
    var model: any WordModel
    var added = AddedTokens()
    /// What special tokens are put before and after a text.
    var prefix: [UInt32] = []
    var suffix: [UInt32] = []
    /// Whether tokens are joined as bytes on decoding, or as they are written, with spaces between.
    var joinsBytes = true

    /// The scanner of GPT-4's patterns if it is all that happens to a text below U+0300 without
    /// added tokens: most captions, for which nothing that threads share is counted then.
    private(set) var plainScanner: GPT4Scanner?

    /// Finds out whether there is a short way.
    mutating func findShortWay() {
        plainScanner = nil
        guard splits.count == 1, case .gpt4(let numbers) = splits[0] else { return }
        for step in normalization {
            guard case .compose(compatible: false) = step else { return }
        }
        plainScanner = GPT4Scanner(numbers: numbers)
    }

    /// A text after all steps of normalization; `nil` if it is the same.
    func normalized(_ text: ScalarText) throws(TokenizerError) -> [UInt8]? {
        var result: [UInt8]?
        for step in normalization {
            if let bytes = result {
                result =
                    try bytes.withText { text throws(TokenizerError) in try step.apply(to: text) }
                    ?? bytes
            } else {
                result = try step.apply(to: text)
            }
        }
        return result
    }

    /// A string after all steps of normalization.
    func normalized(_ string: String) throws(TokenizerError) -> [UInt8] {
        let bytes = Array(string.utf8)
        return try bytes.withText { text throws(TokenizerError) in try normalized(text) } ?? bytes
    }

    /// Appends a text's ids, without those that go before and after all.
    /// - Parameters:
    ///   - text: Lies in memory with padding behind it.
    ///   - plain: Ranges of bytes in which special tokens mean nothing.
    func encode(
        _ text: ScalarText, plain: [Range<Int>], into encoder: inout WordEncoder<some WordModel>
    ) throws(TokenizerError) {
        if let scanner = plainScanner, !added.mayStart(in: text, below: 0xCC) {
            return scan(text, scanner, into: &encoder)
        }
        if added.inText.isEmpty {
            return try encodeRaw(text, plain: plain, into: &encoder)
        }
        try added.split(text, with: added.inText, plain: plain) {
            start, end, id throws(TokenizerError) in
            if let id {
                encoder.append(id)
            } else {
                let here = plain.map {
                    max($0.lowerBound - start, 0)..<max($0.upperBound - start, 0)
                }
                try encodeRaw(text.part(start, end), plain: here, into: &encoder)
            }
        }
    }

    /// Normalizes a text, finds the tokens that are looked for after that, and splits the rest.
    private func encodeRaw(
        _ text: ScalarText, plain: [Range<Int>], into encoder: inout WordEncoder<some WordModel>
    ) throws(TokenizerError) {
        guard var bytes = try normalized(text) else {
            return try encodeNormalized(text, plain: plain, into: &encoder)
        }
        let count = bytes.count
        bytes += repeatElement(0, count: ScalarText.padding)
        // Where the plain ranges are now isn't known: a piece that any of them touches is plain.
        let whole = plain.contains { $0.overlaps(0..<text.count) } ? [0..<count] : []
        try bytes.withText { padded throws(TokenizerError) in
            try encodeNormalized(padded.part(0, count), plain: whole, into: &encoder)
        }
    }

    private func encodeNormalized(
        _ text: ScalarText, plain: [Range<Int>], into encoder: inout WordEncoder<some WordModel>
    ) throws(TokenizerError) {
        if added.inNormalized.isEmpty { return try split(text, splits[...], into: &encoder) }
        try added.split(text, with: added.inNormalized, plain: plain) {
            start, end, id throws(TokenizerError) in
            if let id {
                encoder.append(id)
            } else {
                try split(text.part(start, end), splits[...], into: &encoder)
            }
        }
    }

    private func split(
        _ text: ScalarText, _ steps: ArraySlice<SplitStep>,
        into encoder: inout WordEncoder<some WordModel>
    ) throws(TokenizerError) {
        guard text.count > 0 else { return }
        guard let step = steps.first else { return encoder.append(text) }
        switch step {
        // The usual case, a published pattern at the end, without a closure per word.
        case .gpt2 where steps.count == 1: return scan(text, GPT2Scanner(), into: &encoder)
        case .gpt4(let numbers) where steps.count == 1:
            return scan(text, GPT4Scanner(numbers: numbers), into: &encoder)
        case .gpt4o where steps.count == 1: return scan(text, GPT4oScanner(), into: &encoder)
        case .prefixSpace:
            guard text[0] != UInt8(ascii: " ") else {
                return try split(text, steps.dropFirst(), into: &encoder)
            }
            var bytes: [UInt8] = [UInt8(ascii: " ")]
            text.append(0, text.count, to: &bytes)
            bytes += repeatElement(0, count: ScalarText.padding)
            return try bytes.withText { padded throws(TokenizerError) in
                try split(padded.part(0, text.count + 1), steps.dropFirst(), into: &encoder)
            }
        default: break
        }
        try step.split(text) { start, end throws(TokenizerError) in
            try split(text.part(start, end), steps.dropFirst(), into: &encoder)
        }
    }

    @inline(__always)
    private func scan(
        _ text: ScalarText, _ scanner: some WordScanner,
        into encoder: inout WordEncoder<some WordModel>
    ) {
        var position = 0
        while position < text.count {
            let end = scanner.end(of: text, from: position)
            encoder.append(text.part(position, end))
            position = end
        }
    }
}

extension [UInt8] {
    /// Lends the bytes, which are valid UTF-8, as a text.
    func withText<Result>(
        _ body: (ScalarText) throws(TokenizerError) -> Result
    ) throws(TokenizerError) -> Result {
        // A typed throw doesn't pass through the standard library's closures.
        let result = unsafe withUnsafeBufferPointer {
            buffer -> Swift.Result<Result, TokenizerError> in
            .init { () throws(TokenizerError) in
                guard let base = buffer.baseAddress else {
                    return try [0].withText { text throws(TokenizerError) in
                        try body(text.part(0, 0))
                    }
                }
                return try unsafe body(ScalarText(base, buffer.count, .shared))
            }
        }
        return try result.get()
    }
}
