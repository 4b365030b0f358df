import RedCapsLoading
import RedCapsTar

extension ShardRuns {
    /// The lengths of the runs, if that is what a block-shuffled order can make use of.
    /// - Throws: `LoaderError` if the list jumps between its shards all the time: the order would
    ///   then read from everywhere, while it looks as if it didn't.
    func inOrder() throws(LoaderError) -> [Int] {
        let count = lengths.reduce(0, +)
        let isScattered = lengths.count >= 2 * shardCount && count < 16 * lengths.count
        guard !isScattered || shardCount <= 1 else {
            throw LoaderError(
                "the list isn't in the order of its shards: \(count) samples of \(shardCount) "
                    + "shards come in \(lengths.count) runs, so that shuffling shards would save no "
                    + "reading; use .infinite or .epochs, or sort the list by shard")
        }
        return lengths
    }
}
