import RedCapsBase

/// The files that a tokenizer is made of, in a model's folder or alone.
enum TokenizerFolder {
    private static let rankFiles = ["qwen", "r50k_base", "p50k_base", "cl100k_base", "o200k_base"]
        .map { "\($0).tiktoken" }

    /// Whether there is a tokenizer's file at a path, or in the folder there.
    static func isTokenizer(_ path: String) -> Bool {
        Disk.size(of: path) != nil && !Disk.isFolder(path)
            || (["tokenizer.json", "vocab.json"] + rankFiles).contains {
                Disk.exists("\(path)/\($0)")
            }
    }

    private static let sentencePieceFiles = [
        "spiece.model", "sentencepiece.bpe.model", "tokenizer.model", "sentencepiece.model",
    ]

    /// The model of SentencePiece that a folder has, in place of files that can be read here.
    static func sentencePiece(in path: String) -> String? {
        sentencePieceFiles.map { "\(path)/\($0)" }.first { Disk.exists($0) }
    }

    /// Reads a whole file.
    static func bytes(of path: String) throws(TokenizerError) -> [UInt8] {
        guard Disk.exists(path) else { throw TokenizerError(.notFound, file: path, "isn't there") }
        let bytes: [UInt8]
        do { bytes = try OpenFile.contents(of: path) } catch {
            throw TokenizerError(.invalid, file: path, "\(error)")
        }
        guard !GitLFSPointer.isBegun(by: bytes) else {
            throw TokenizerError(.invalid, file: path, GitLFSPointer.reason)
        }
        return bytes
    }

    /// Loads a folder or a file.
    static func load(
        _ path: String, _ family: BytePairFamily?
    ) throws(TokenizerError) -> TokenizerPipeline {
        guard Disk.isFolder(path) else { return try load(file: path, family, nil) }
        let names = ["tokenizer.json", "vocab.json"] + rankFiles
        guard let name = names.first(where: { Disk.exists("\(path)/\($0)") }) else {
            throw TokenizerError(
                .notFound, file: path, "has none of \(names.joined(separator: ", "))")
        }
        let settings = try TokenizerSettings(folder: path, name == "vocab.json" ? family : nil)
        return try load(file: "\(path)/\(name)", family, settings)
    }

    private static func load(
        file: String, _ family: BytePairFamily?, _ settings: TokenizerSettings?
    ) throws(TokenizerError) -> TokenizerPipeline {
        let name = FilePath.name(of: file)
        if name != "vocab.json" {
            let isRankFile = name.endsExactly(with: ".tiktoken") || name == "tokenizer.model"
            var pipeline: TokenizerPipeline
            var firstPattern: String?
            if isRankFile {
                pipeline = try RankFile.pipeline(file, family)
            } else {
                let contents = try TokenizerFile(file)
                (pipeline, firstPattern) = (contents.pipeline, contents.firstPattern)
            }
            try settings?.apply(toFile: &pipeline, firstPattern: firstPattern)
            return pipeline
        }
        let folder = String(Substring(file.utf8.dropLast(name.utf8.count)))
        let settings =
            if let settings { settings } else {
                try TokenizerSettings(folder: folder, family, isRead: false)
            }
        guard let family = try settings.family() else { throw noFamily(file) }
        let model = try VocabularyFiles.model(
            file, merges: folder + "merges.txt", family,
            unknown: try settings.token("unk_token")?.token.content)
        var pipeline = try family.pipeline(
            model, addsPrefixSpace: settings.addsPrefixSpace ?? false, file)
        try settings.apply(to: &pipeline)
        return pipeline
    }

    static func noFamily(_ file: String) -> TokenizerError {
        TokenizerError(
            .unsupported, file: file, "doesn't say how text is split; \(familyAdvice)")
    }

    static let familyAdvice =
        "give the family, one of \(BytePairFamily.all.map(\.name).joined(separator: ", "))"
}
