import RedCapsBase

/// Where a tokenizer's files are, given the name that a configuration has for them.
enum TokenizerLocation {
    /// Looks for a folder or file of that path, then under a root, then for a model of that name in
    /// the Hugging Face cache.
    /// - Throws: `TokenizerError` that says where was looked.
    static func find(_ name: String, root: String?) throws(TokenizerError) -> String {
        guard !name.isEmpty else {
            throw TokenizerError(.notFound, file: "\"\"", "is no name of a tokenizer")
        }
        var tried = [name]
        if let root, !FilePath.isAbsolute(name) { tried.append(FilePath.joined(root, name)) }
        for path in tried where TokenizerFolder.isTokenizer(path) { return path }
        if let model = cachedModel(name) {
            if let commit = commit(of: model) {
                let snapshot = "\(model)/snapshots/\(commit)"
                tried.append(snapshot)
                if TokenizerFolder.isTokenizer(snapshot) { return snapshot }
            } else {
                tried.append(model + "/refs/main")
            }
        }
        if let model = tried.lazy.compactMap(TokenizerFolder.sentencePiece).first {
            throw TokenizerError(
                .unsupported, file: model,
                "a model of SentencePiece, which isn't read: AutoTokenizer.from_pretrained(…)"
                    + ".save_pretrained(…) of transformers writes it as tokenizer.json")
        }
        throw TokenizerError(
            .notFound, file: name,
            "no tokenizer was found; looked for a folder with tokenizer.json, or for a file, at "
                + tried.joined(separator: ", "))
    }

    /// The folder of a model in the cache, for `owner/name` or `name`.
    private static func cachedModel(_ name: String) -> String? {
        let parts = name.pieces(at: "/", keepingEmpty: true)
        guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }),
            let cache
        else { return nil }
        return "\(cache)/models--\(parts.joined(separator: "--"))"
    }

    /// `HF_HUB_CACHE`, else `hub` in `HF_HOME`, else in the user's cache.
    private static var cache: String? {
        if let cache = variable("HF_HUB_CACHE") { return cache }
        if let home = variable("HF_HOME") { return home + "/hub" }
        if let caches = variable("XDG_CACHE_HOME") { return caches + "/huggingface/hub" }
        return variable("HOME").map { $0 + "/.cache/huggingface/hub" }
    }

    private static func variable(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        let text = unsafe String(cString: value)
        return text.isEmpty ? nil : text
    }

    /// The commit that the cache keeps as the main branch's.
    private static func commit(of model: String) -> String? {
        guard let bytes = try? TokenizerFolder.bytes(of: model + "/refs/main") else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        let commit = text.prefix { !$0.isWhitespace }
        return commit.isEmpty || commit.utf8.contains(UInt8(ascii: "/")) ? nil : String(commit)
    }
}
