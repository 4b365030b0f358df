import RedCapsBase
import Synchronization

/// Encodes texts with a pipeline and a model of one type, any number of them at a time.
final class PipelineEncoder<Model: WordModel>: Sendable {
    private let pipeline: TokenizerPipeline
    private let model: Model
    /// What threads encode in, while they don't.
    private let workspaces = ConditionLock<[TokenizerWorkspace<Model>]>([])

    init(_ model: Model, _ pipeline: TokenizerPipeline) {
        self.model = model
        self.pipeline = pipeline
    }

    private func takeWorkspace() -> TokenizerWorkspace<Model> {
        workspaces.update { $0.popLast() } ?? TokenizerWorkspace(model)
    }

    func encode(
        _ text: String, _ plain: [Range<Int>], _ addSpecialTokens: Bool
    ) throws(TokenizerError) -> [Int] {
        let workspace = takeWorkspace()
        defer { workspaces.update { $0.append(workspace) } }
        return try workspace.encode(text, plain, addSpecialTokens, pipeline)
    }

    func encodeBatch(
        _ texts: [String], _ addSpecialTokens: Bool, threads: Int?
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
}
