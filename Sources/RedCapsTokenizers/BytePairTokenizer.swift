import RedCapsBase
import Synchronization

/// A model's own byte-level tokenizer, with the ids that Hugging Face's `tokenizers` gives.
///
/// Loads what Qwen2 and InternVL3, GPT-2 and RoBERTa, Llama 3, GPT-4 and CLIP are published with;
/// `Docs/Tokenizers.md` lists what a file may ask for. Any thread may encode at any time: each
/// encodes in memory of its own, which is kept for the next text.
public final class BytePairTokenizer: PlainTextTokenizer {
    private let pipeline: TokenizerPipeline
    private let workspaces = ConditionLock<[TokenizerWorkspace]>([])

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
        defer { workspaces.update { $0.append(workspace) } }
        return try workspace.encode(text, plain, addSpecialTokens, pipeline)
    }

    private func takeWorkspace() -> TokenizerWorkspace {
        workspaces.update { $0.popLast() } ?? TokenizerWorkspace()
    }

    /// Encodes texts on several threads: the caller's and others.
    /// - Parameters:
    ///   - texts: Any texts.
    ///   - addSpecialTokens: As in `encode(_:addSpecialTokens:)`.
    ///   - threads: How many, up to 1024; by default as many as there are usable cores.
    /// - Returns: The ids of each text, in order.
    /// - Throws: `TokenizerError` for the first text for which `encode` does.
    public func encodeBatch(
        _ texts: [String], addSpecialTokens: Bool = true, threads: Int? = nil
    ) throws(TokenizerError) -> [[Int]] {
        let threads = max(1, min(threads ?? WorkerThread.usableCores, texts.count, 1024))
        // Small enough to end together, large enough for threads to write far from each other.
        let size = max(1, min(32, texts.count / (threads * 8)))
        let next = Atomic(0)
        let failure = ConditionLock<(start: Int, error: TokenizerError)?>(nil)
        var ids = [[Int]](repeating: [], count: texts.count)
        unsafe ids.withUnsafeMutableBufferPointer { places in
            // Each place belongs to the thread that takes its block, and none is touched after
            // `forEach` has returned.
            nonisolated(unsafe) let places = unsafe places
            WorkerThread.forEach(threads, threads: threads) { [self] _ in
                let workspace = takeWorkspace()
                defer { workspaces.update { $0.append(workspace) } }
                while true {
                    let start = next.add(size, ordering: .relaxed).oldValue
                    guard start < texts.count else { return }
                    do throws(TokenizerError) {
                        for number in start..<min(start + size, texts.count) {
                            unsafe places[number] = try workspace.encode(
                                texts[number], [], addSpecialTokens, pipeline)
                        }
                    } catch {
                        failure.update { if start < $0?.start ?? .max { $0 = (start, error) } }
                        // Nothing that comes after matters; blocks before are at work already.
                        next.store(texts.count, ordering: .relaxed)
                    }
                }
            }
        }
        if let (_, error) = failure.update({ $0 }) { throw error }
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
