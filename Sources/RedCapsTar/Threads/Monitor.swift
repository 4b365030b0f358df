#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A value under a lock, and a way for threads to wait until it has changed. The standard library's
/// `Mutex` has no condition to wait for, and the thread sanitizer doesn't see it on Linux.
///
/// @unchecked Sendable: `value` is only touched between lock and unlock.
@safe package final class Monitor<Value>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var value: Value

    package init(_ value: Value) {
        self.value = value
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe changed.initialize(to: pthread_cond_t())
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(changed, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(changed)
        unsafe pthread_mutex_destroy(mutex)
        unsafe changed.deallocate()
        unsafe mutex.deallocate()
    }

    /// Works on the value, then wakes whoever waits.
    package func update<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try wait { (value) throws(Failure) in try body(&value) }
    }

    /// Waits until `body` gives something, then wakes the others who wait: what `body` did may be
    /// what they are waiting for.
    package func wait<Result, Failure: Error>(
        for body: (inout Value) throws(Failure) -> Result?
    ) throws(Failure) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer {
            unsafe pthread_cond_broadcast(changed)
            unsafe pthread_mutex_unlock(mutex)
        }
        while true {
            if let result = try body(&value) { return result }
            unsafe pthread_cond_wait(changed, mutex)
        }
    }

    /// Waits until `body` gives something, but no longer than a while.
    package func wait<Result>(
        atMost milliseconds: Int, for body: (inout Value) -> Result?
    ) -> Result? {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        var end = MonotonicTime.deadline(milliseconds: milliseconds)
        while true {
            if let result = body(&value) { return result }
            if unsafe pthread_cond_timedwait(changed, mutex, &end) != 0 { return body(&value) }
        }
    }
}
