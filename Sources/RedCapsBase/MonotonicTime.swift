/// The clock that stages are measured with: about 25 ns a look, on any thread.
package enum MonotonicTime {
    /// Nanoseconds since some moment in the past.
    package static var nanoseconds: UInt64 {
        let now = time
        return UInt64(now.tv_sec) &* 1_000_000_000 &+ UInt64(now.tv_nsec)
    }

    static var time: timespec {
        var now = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        return now
    }

    /// Lets the calling thread sleep.
    package static func sleep(milliseconds: Int) {
        var time = timespec(
            tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
        var left = timespec()
        while unsafe nanosleep(&time, &left) != 0, errno == EINTR { time = left }
    }
}

/// When a wait for a condition variable ends, by the monotonic clock: a change of the time of day
/// neither shortens nor lengthens it.
struct Deadline {
    private let end: timespec

    init(milliseconds: Int) {
        var end = MonotonicTime.time
        end.tv_nsec += milliseconds % 1000 * 1_000_000
        end.tv_sec += milliseconds / 1000 + end.tv_nsec / 1_000_000_000
        end.tv_nsec %= 1_000_000_000
        self.end = end
    }

    /// Makes a condition variable that `wait` can wait for.
    static func makeCondition(_ condition: UnsafeMutablePointer<pthread_cond_t>) {
        unsafe condition.initialize(to: pthread_cond_t())
        #if canImport(Darwin)
        unsafe pthread_cond_init(condition, nil)
        #else
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(condition, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
        #endif
    }

    /// Waits for a condition variable, the mutex being locked.
    /// - Returns: `false` if the time is over.
    func wait(
        _ condition: UnsafeMutablePointer<pthread_cond_t>,
        _ mutex: UnsafeMutablePointer<pthread_mutex_t>
    ) -> Bool {
        #if canImport(Darwin)
        // Darwin has no clock of a condition variable, but waits for a length of time.
        let now = MonotonicTime.time
        var left = timespec(
            tv_sec: end.tv_sec - now.tv_sec, tv_nsec: end.tv_nsec - now.tv_nsec)
        if left.tv_nsec < 0 {
            left.tv_sec -= 1
            left.tv_nsec += 1_000_000_000
        }
        guard left.tv_sec >= 0 else { return false }
        return unsafe pthread_cond_timedwait_relative_np(condition, mutex, &left) == 0
        #else
        var end = end
        return unsafe pthread_cond_timedwait(condition, mutex, &end) == 0
        #endif
    }
}
