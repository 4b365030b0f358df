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

    /// An open shard as it is now.
    struct Shard {
        let file: OpenFile
        /// Its length and time when it was looked at last, just now.
        let stamp: FileStamp
    }

    /// An open shard, and its length and time now.
    /// - Parameter verify: Called if the shard was opened or has changed since the last time; throws
    ///   if it isn't what was indexed.
    func file(
        _ key: Key, _ path: String, verify: (FileStamp) throws(StoreError) -> Void
    ) throws(StoreError) -> Shard {
        let open = state.update { state in
            state.clock += 1
            state.files[key]?.lastUse = state.clock
            return state.files[key]
        }
        if let open {
            // A handle that has become stale is opened anew.
            let now = try? open.file.stamp()
            if let now, now == open.status { return Shard(file: open.file, stamp: now) }
            close(key)
        }
        let file = try opened(path)
        let status = try file.stamp()
        try verify(status)
        state.update { state in
            while state.files.count >= limit { state.evictOldest() }
            state.files[key] = (file, status, state.clock)
        }
        return Shard(file: file, stamp: status)
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
