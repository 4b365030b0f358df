#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A value under a lock for threads of several kinds, which wait in rooms of their own, so that a
/// change wakes only those whom it concerns. `Monitor` is the simple form of it.
///
/// @unchecked Sendable: `value` and `waiting` are only touched between lock and unlock.
@safe package final class Switchboard<Value>: @unchecked Sendable {
    /// Whom to wake after a change: everyone in some rooms, one in others.
    package struct Calls: Sendable {
        fileprivate var all: UInt8 = 0
        fileprivate var one: UInt8 = 0

        /// Wakes everyone who waits in a room.
        package mutating func wakeAll(_ room: Int) { all |= 1 << room }
        /// Wakes one of those who wait in a room.
        package mutating func wakeOne(_ room: Int) { one |= 1 << room }
    }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let rooms: UnsafeMutablePointer<pthread_cond_t>
    private var waiting: [Int]
    private var value: Value

    package init(_ value: Value, rooms count: Int) {
        precondition((1...8).contains(count), "\(count) rooms")
        self.value = value
        waiting = Array(repeating: 0, count: count)
        unsafe rooms = .allocate(capacity: count)
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe pthread_mutex_init(mutex, nil)
        for room in 0..<count {
            unsafe (rooms + room).initialize(to: pthread_cond_t())
            unsafe pthread_cond_init(rooms + room, nil)
        }
    }

    deinit {
        for room in waiting.indices { unsafe pthread_cond_destroy(rooms + room) }
        unsafe pthread_mutex_destroy(mutex)
        unsafe rooms.deallocate()
        unsafe mutex.deallocate()
    }

    /// Works on the value.
    package func update<Result>(_ body: (inout Value, inout Calls) -> Result) -> Result {
        unsafe pthread_mutex_lock(mutex)
        var calls = Calls()
        let result = body(&value, &calls)
        call(calls)
        unsafe pthread_mutex_unlock(mutex)
        return result
    }

    /// Waits in a room until `body` gives something.
    /// - Parameter blocked: Set to whether there was a wait.
    package func wait<Result>(
        in room: Int, blocked: inout Bool, for body: (inout Value, inout Calls) -> Result?
    ) -> Result {
        unsafe pthread_mutex_lock(mutex)
        while true {
            var calls = Calls()
            let result = body(&value, &calls)
            call(calls)
            if let result {
                unsafe pthread_mutex_unlock(mutex)
                return result
            }
            blocked = true
            waiting[room] += 1
            unsafe pthread_cond_wait(rooms + room, mutex)
            waiting[room] -= 1
        }
    }

    /// Waits in a room until `body` gives something, but no longer than a while.
    package func wait<Result>(
        in room: Int, atMost milliseconds: Int, for body: (inout Value) -> Result?
    ) -> Result? {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        var end = MonotonicTime.deadline(milliseconds: milliseconds)
        while true {
            if let result = body(&value) { return result }
            waiting[room] += 1
            let status = unsafe pthread_cond_timedwait(rooms + room, mutex, &end)
            waiting[room] -= 1
            if status != 0 { return body(&value) }
        }
    }

    private func call(_ calls: Calls) {
        guard calls.all | calls.one != 0 else { return }
        for room in waiting.indices where waiting[room] > 0 {
            if calls.all & 1 << room != 0 {
                unsafe pthread_cond_broadcast(rooms + room)
            } else if calls.one & 1 << room != 0 {
                unsafe pthread_cond_signal(rooms + room)
            }
        }
    }
}
