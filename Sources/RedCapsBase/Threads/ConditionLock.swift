/// A value under a lock, and condition variables for threads that wait until it has changed. The
/// standard library's `Mutex` has no condition variable, and the thread sanitizer doesn't see it on
/// Linux.
///
/// Threads of several kinds wait in queues of their own, so that a change wakes only those whom it
/// concerns; with one queue, the default, every change wakes whoever waits.
///
/// @unchecked Sendable: `value` and `waiting` are only touched between lock and unlock.
@safe package final class ConditionLock<Value>: @unchecked Sendable {
    /// Whom to wake after a change: everyone in some queues, one in others.
    package struct WakeUps: Sendable {
        fileprivate var all: UInt8 = 0
        fileprivate var one: UInt8 = 0

        /// Wakes everyone who waits in a queue.
        package mutating func all(in queue: Int) { all |= 1 << queue }
        /// Wakes one of those who wait in a queue.
        package mutating func one(in queue: Int) { one |= 1 << queue }

        fileprivate static var everyone: WakeUps { WakeUps(all: .max) }
    }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let queues: UnsafeMutablePointer<pthread_cond_t>
    private var waiting: [Int]
    private var value: Value

    /// - Parameter count: The number of queues, 1 ... 8.
    package init(_ value: Value, queues count: Int = 1) {
        precondition((1...8).contains(count), "\(count) queues")
        self.value = value
        waiting = Array(repeating: 0, count: count)
        unsafe queues = .allocate(capacity: count)
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe pthread_mutex_init(mutex, nil)
        for queue in 0..<count { unsafe Deadline.makeCondition(queues + queue) }
    }

    deinit {
        for queue in waiting.indices { unsafe pthread_cond_destroy(queues + queue) }
        unsafe pthread_mutex_destroy(mutex)
        unsafe queues.deallocate()
        unsafe mutex.deallocate()
    }

    /// Works on the value, then wakes everyone who waits.
    package func update<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        defer { wake(.everyone) }
        return try body(&value)
    }

    /// Works on the value, then wakes whom `body` says.
    package func update<Result>(waking body: (inout Value, inout WakeUps) -> Result) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        var wakeUps = WakeUps()
        defer { wake(wakeUps) }
        return body(&value, &wakeUps)
    }

    /// Waits until `body` gives something, then wakes the others who wait: what `body` did may be
    /// what they are waiting for.
    package func wait<Result, Failure: Error>(
        for body: (inout Value) throws(Failure) -> Result?
    ) throws(Failure) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        defer { wake(.everyone) }
        while true {
            if let result = try body(&value) { return result }
            block(in: 0)
        }
    }

    /// Waits in a queue until `body` gives something; each time it is asked, those are woken whom it
    /// says.
    /// - Parameter blocked: Set to true if there was a wait.
    package func wait<Result>(
        in queue: Int, blocked: inout Bool, for body: (inout Value, inout WakeUps) -> Result?
    ) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while true {
            var wakeUps = WakeUps()
            let result = body(&value, &wakeUps)
            wake(wakeUps)
            if let result { return result }
            blocked = true
            block(in: queue)
        }
    }

    /// Waits in a queue until `body` gives something, but no longer than a while; wakes nobody.
    /// - Returns: `nil` if the time is over and `body` still gives nothing.
    package func wait<Result>(
        in queue: Int = 0, atMost milliseconds: Int, for body: (inout Value) -> Result?
    ) -> Result? {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        let deadline = Deadline(milliseconds: milliseconds)
        while true {
            if let result = body(&value) { return result }
            waiting[queue] += 1
            let isOver = unsafe !deadline.wait(queues + queue, mutex)
            waiting[queue] -= 1
            if isOver { return body(&value) }
        }
    }

    private func block(in queue: Int) {
        waiting[queue] += 1
        unsafe pthread_cond_wait(queues + queue, mutex)
        waiting[queue] -= 1
    }

    private func wake(_ wakeUps: WakeUps) {
        guard wakeUps.all | wakeUps.one != 0 else { return }
        for queue in waiting.indices where waiting[queue] > 0 {
            if wakeUps.all & 1 << queue != 0 {
                unsafe pthread_cond_broadcast(queues + queue)
            } else if wakeUps.one & 1 << queue != 0 {
                unsafe pthread_cond_signal(queues + queue)
            }
        }
    }
}
