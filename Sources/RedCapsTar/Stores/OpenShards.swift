import RedCapsBase

/// The shards that this process has open, all its stores together: never more than half of what it
/// may have open, so that the program around keeps the other half. The longest unused makes room; a
/// reader that is still using that one keeps it open until it is done.
final class OpenShards: Sendable {
    static let shared = OpenShards(limit: half(of: System.openFileLimit))

    struct Key: Hashable {
        let store: ObjectIdentifier
        let shard: Int
    }

    private struct State {
        var files: [Key: (file: OpenFile, status: FileStamp, lastUse: UInt64)] = [:]
        var clock: UInt64 = 0

        /// Lets the longest unused go.
        mutating func evictOldest() {
            if let oldest = files.min(by: { $0.value.lastUse < $1.value.lastUse }) {
                files[oldest.key] = nil
            }
        }
    }

    private let limit: Int
    private let state = ConditionLock(State())

    init(limit: Int) { self.limit = limit }

    /// An open shard, and its length now. If that is the indexed one, it is the shard that was
    /// indexed as far as time and fingerprint tell.
    func file(
        _ key: Key, _ shard: TarIndex.Shard
    ) throws(StoreError) -> (file: OpenFile, byteCount: UInt64) {
        let open = state.update { state in
            state.clock += 1
            state.files[key]?.lastUse = state.clock
            return state.files[key]
        }
        if let open {
            // A handle that has become stale is opened anew.
            let now = try? open.file.stamp()
            if let now, now == open.status { return (open.file, now.byteCount) }
            close(key)
        }
        let file = try opened(shard.path)
        let status = try verified(file, shard)
        state.update { state in
            while state.files.count >= limit { state.evictOldest() }
            state.files[key] = (file, status, state.clock)
        }
        return (file, status.byteCount)
    }

    /// Opens a file, with fewer others open if the system has no descriptor left.
    private func opened(_ path: String) throws(StoreError) -> OpenFile {
        do throws(StoreError) {
            return try OpenFile(path)
        } catch {
            guard error.systemError == EMFILE || error.systemError == ENFILE else { throw error }
            state.update { state in
                for _ in 0..<(state.files.count / 2 + 1) { state.evictOldest() }
            }
            return try OpenFile(path)
        }
    }

    private func verified(
        _ file: OpenFile, _ shard: TarIndex.Shard
    ) throws(StoreError) -> FileStamp {
        let status = try file.stamp()
        if status.byteCount == shard.byteCount, status.modified != shard.file.modified {
            guard try file.fingerprint(byteCount: status.byteCount) == shard.fingerprint else {
                throw StoreError(
                    .changed, file: shard.path,
                    reason: "the shard isn't the one that was indexed; open the data set again")
            }
        }
        return status
    }

    /// Closes a shard, or all of a store.
    func close(_ key: Key) { state.update { $0.files[key] = nil } }

    func closeAll(of store: ObjectIdentifier) {
        state.update { state in
            state.files = state.files.filter { $0.key.store != store }
        }
    }

    /// How many are open now.
    var count: Int { state.update { $0.files.count } }

    private static func half(of limit: UInt64) -> Int { max(1, Int(clamping: limit / 2)) }
}
