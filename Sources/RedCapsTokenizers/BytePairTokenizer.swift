public import RedCapsCore
import Synchronization

/// A model's own byte-level tokenizer, with the ids that Hugging Face's `tokenizers` gives.
///
/// Loads what Qwen2 and InternVL3, GPT-2 and RoBERTa, Llama 3, GPT-4 and CLIP are published with;
/// `Docs/Tokenizers.md` lists what a file may ask for. Any thread may encode at any time: each
/// encodes in memory of its own, which is kept for the next text.
public final class BytePairTokenizer: PlainTextTokenizer {
    private let pipeline: TokenizerPipeline
    private let workspaces = Mutex<[TokenizerWorkspace]>([])

    init(_ pipeline: TokenizerPipeline) {
        var pipeline = pipeline
        pipeline.findShortWay()
        self.pipeline = pipeline
    }

    /// Encodes a text.
    /// - Parameters:
    ///   - text: Any text; what looks like an added token becomes one.
    ///   - addSpecialTokens: Whether to put before and after it what the model's post-processor
    ///     does, such as the beginning of a sequence.
    /// - Throws: `TokenizerError` if a pattern that isn't a published one takes too long on it.
    public func encode(
        _ text: String, addSpecialTokens: Bool = true
    ) throws(TokenizerError) -> [Int] {
        try encode(text, plain: [], addSpecialTokens: addSpecialTokens)
    }

    /// Encodes a text in parts of which special tokens mean nothing.
    /// - Parameters:
    ///   - text: Any text.
    ///   - plain: Ranges of its UTF-8 in which special tokens are text like any other; those that
    ///     only reach into one as well. Added tokens that aren't special stay what they are.
    ///   - addSpecialTokens: As in `encode(_:addSpecialTokens:)`.
    /// - Throws: `TokenizerError` if a pattern that isn't a published one takes too long on it.
    public func encode(
        _ text: String, plain: [Range<Int>], addSpecialTokens: Bool = true
    ) throws(TokenizerError) -> [Int] {
        let workspace = takeWorkspace()
        defer { workspaces.withLock { $0.append(workspace) } }
        return try workspace.encode(text, plain, addSpecialTokens, pipeline)
    }

    private func takeWorkspace() -> TokenizerWorkspace {
        workspaces.withLock { $0.popLast() } ?? TokenizerWorkspace()
    }

    /// Encodes texts on several threads of its own.
    /// - Parameters:
    ///   - texts: Any texts.
    ///   - addSpecialTokens: As in `encode(_:addSpecialTokens:)`.
    ///   - threads: How many; by default as many as there are usable cores.
    /// - Returns: The ids of each text, in order.
    /// - Throws: `TokenizerError` for the first text for which `encode` does; `StoreError` if no
    ///   thread can be started.
    public func encodeBatch(
        _ texts: [String], addSpecialTokens: Bool = true, threads: Int? = nil
    ) throws -> [[Int]] {
        let threads = max(1, threads ?? WorkerThread.usableCores)
        // Small enough to end together, large enough for a lock and a wake-up to cost nothing.
        let size = max(1, min(4096, texts.count / (threads * 8)))
        let blocks = stride(from: 0, to: texts.count, by: size).map {
            $0..<min($0 + size, texts.count)
        }
        guard threads > 1, blocks.count > 1 else {
            return try texts.map { try encode($0, addSpecialTokens: addSpecialTokens) }
        }
        let results = Mutex(
            [Result<[[Int]], TokenizerError>](repeating: .success([]), count: blocks.count))
        try WorkerThread.forEach(blocks.count, threads: threads) { [self] number in
            let workspace = takeWorkspace()
            let result = Result { () throws(TokenizerError) in
                var ids: [[Int]] = []
                ids.reserveCapacity(blocks[number].count)
                for text in texts[blocks[number]] {
                    ids.append(try workspace.encode(text, [], addSpecialTokens, pipeline))
                }
                return ids
            }
            workspaces.withLock { $0.append(workspace) }
            results.withLock { $0[number] = result }
        }
        var ids: [[Int]] = []
        ids.reserveCapacity(texts.count)
        for result in results.withLock({ $0 }) { ids += try result.get() }
        return ids
    }

    /// Turns ids back into text.
    /// - Parameters:
    ///   - ids: Ids that are no token's give nothing.
    ///   - skipSpecialTokens: Whether to leave special tokens out.
    /// - Returns: The text; what isn't UTF-8 in it becomes U+FFFD.
    public func decode(_ ids: [Int], skipSpecialTokens: Bool = true) -> String {
        pipeline.decode(ids, skipSpecialTokens: skipSpecialTokens)
    }

    /// The id of a token, as the model's files write it: `Ġcat` for `cat` after a space.
    /// - Returns: `nil` if there is no such token.
    public func tokenToID(_ token: String) -> Int? {
        pipeline.id(of: token).map(Int.init)
    }

    /// The token of an id, as the model's files write it.
    /// - Returns: `nil` if no token has the id.
    public func idToToken(_ id: Int) -> String? {
        UInt32(exactly: id).flatMap(pipeline.token(of:))
    }

    /// How many tokens there are, with those that were added.
    public var vocabularyCount: Int { pipeline.tokenCount }
}
