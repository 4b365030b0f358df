import RedCapsCore

/// The files that a tokenizer is made of, in a model's folder or alone.
enum TokenizerFolder {
    private static let rankFiles = ["qwen", "r50k_base", "p50k_base", "cl100k_base", "o200k_base"]
        .map { "\($0).tiktoken" }

    /// Whether there is a tokenizer's file at a path, or in the folder there.
    static func isTokenizer(_ path: String) -> Bool {
        Disk.size(of: path) != nil && !isFolder(path)
            || (["tokenizer.json", "vocab.json"] + rankFiles).contains {
                Disk.exists("\(path)/\($0)")
            }
    }

    private static func isFolder(_ path: String) -> Bool { Disk.exists(path + "/.") }

    /// Reads a whole file.
    static func bytes(of path: String) throws(TokenizerError) -> [UInt8] {
        guard Disk.exists(path) else { throw TokenizerError(.notFound, file: path, "isn't there") }
        do {
            let (folder, name) = FolderStore.containing(path)
            return try folder.bytes(of: name)
        } catch {
            throw TokenizerError(.invalid, file: path, "\(error)")
        }
    }

    /// Loads a folder or a file.
    static func load(
        _ path: String, _ family: BytePairFamily?
    ) throws(TokenizerError) -> TokenizerPipeline {
        guard isFolder(path) else { return try load(file: path, family, nil) }
        let configuration = try TokenizerSettings(folder: path)
        let names = ["tokenizer.json", "vocab.json"] + rankFiles
        guard let name = names.first(where: { Disk.exists("\(path)/\($0)") }) else {
            throw TokenizerError(
                .notFound, file: path, "has none of \(names.joined(separator: ", "))")
        }
        var pipeline = try load(file: "\(path)/\(name)", family, configuration)
        try configuration?.apply(to: &pipeline)
        return pipeline
    }

    private static func load(
        file: String, _ family: BytePairFamily?, _ settings: TokenizerSettings?
    ) throws(TokenizerError) -> TokenizerPipeline {
        let name = file.split(separator: "/").last.map(String.init) ?? ""
        if name.hasSuffix(".tiktoken") || name == "tokenizer.model" {
            guard let family = family ?? BytePairFamily(rankFile: name) else {
                throw noFamily(file)
            }
            return try family.pipeline(
                try RankFile.model(file),
                specialTokens: RankFile.specialTokens(of: file).map(\.token), file)
        }
        guard name == "vocab.json" else { return try TokenizerFile(file).pipeline }
        guard let family = family ?? settings?.family else { throw noFamily(file) }
        let folder = String(file.dropLast(name.count))
        let addsMissing = !(settings?.listsAddedTokens ?? false)
        if addsMissing, Disk.exists(folder + "added_tokens.json") {
            throw TokenizerError(
                .unsupported, file: folder + "added_tokens.json",
                "isn't read, and tokenizer_config.json has no added_tokens_decoder; save the model's "
                    + "tokenizer with a newer transformers")
        }
        let model = try VocabularyFiles.model(file, merges: folder + "merges.txt", family)
        return try family.pipeline(
            model, addsPrefixSpace: settings?.addsPrefixSpace ?? false, addsMissing: addsMissing,
            file)
    }

    private static func noFamily(_ file: String) -> TokenizerError {
        let names = BytePairFamily.all.map(\.name).joined(separator: ", ")
        return TokenizerError(
            .unsupported, file: file,
            "doesn't say how text is split; give the family, one of \(names)")
    }
}
