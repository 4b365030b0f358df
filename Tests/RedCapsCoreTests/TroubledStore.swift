import RedCapsBase
import RedCapsTar
import Foundation
import RedCapsCore
import Synchronization

/// A store whose reads take time, or fail so many times before they succeed.
final class TroubledStore: FileStore {
    private let store: MemoryStore
    private let pause: UInt32
    private let error: Int32
    private let failuresLeft: ConditionLock<[String: Int]>
    private let inFlight = Atomic(0)
    let mostInFlight = Atomic(0)

    init(
        _ store: MemoryStore, microseconds: UInt32 = 0, failures: [String: Int] = [:],
        error: Int32 = EIO
    ) {
        self.store = store
        pause = microseconds
        self.error = error
        failuresLeft = ConditionLock(failures)
    }

    func locate(_ path: String) throws(StoreError) -> FileLocation {
        _ = try store.locate(path)
        return FileLocation(key: path)
    }

    func read(_ location: FileLocation, into buffer: inout ReadBuffer) throws(StoreError) {
        let now = inFlight.wrappingAdd(1, ordering: .relaxed).newValue
        defer { inFlight.wrappingSubtract(1, ordering: .relaxed) }
        _ = mostInFlight.max(now, ordering: .relaxed)
        if pause > 0 { usleep(pause) }
        let path = location.key ?? ""
        let fails = failuresLeft.update { failures in
            guard let left = failures[path], left > 0 else { return false }
            failures[path] = left - 1
            return true
        }
        if fails {
            throw StoreError(.system, file: path, reason: "trouble", systemError: error)
        }
        try store.read(try store.locate(path), into: &buffer)
    }
}
