extension TokenizerPipeline {
    /// How many tokens there are, with those that were added.
    var tokenCount: Int {
        model.tokenCount + added.ids.count { model.bytes(of: $0) == nil }
    }

    /// The id of a token as it is written in files.
    func id(of token: String) -> UInt32? {
        if let number = added.number(of: token) { return added.ids[number] }
        return model.id(of: token)
    }

    /// How files write a token.
    func token(of id: UInt32) -> String? {
        if let number = added.number(ofID: id) { return added.tokens[number].content }
        return model.token(of: id)
    }

    /// Turns ids into text.
    func decode(_ ids: [Int], skipSpecialTokens: Bool) -> String {
        let tokens = ids.compactMap { UInt32(exactly: $0) }.filter { id in
            guard skipSpecialTokens, let number = added.number(ofID: id) else { return true }
            return !added.tokens[number].isSpecial
        }
        guard joinsBytes else {
            return tokens.compactMap(token).joined(separator: " ")
        }
        var bytes: [UInt8] = []
        for id in tokens {
            if let number = added.number(ofID: id) {
                bytes += added.decoded[number]
            } else if let token = model.bytes(of: id) {
                bytes += token
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
