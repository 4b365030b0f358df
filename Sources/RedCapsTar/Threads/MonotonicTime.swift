#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The clock that stages are measured with: about 25 ns a look, on any thread.
package enum MonotonicTime {
    /// Nanoseconds since some moment in the past.
    package static var nanoseconds: UInt64 {
        var now = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        return UInt64(now.tv_sec) &* 1_000_000_000 &+ UInt64(now.tv_nsec)
    }

    /// The time of day after a while, as waits for a condition want it.
    static func deadline(milliseconds: Int) -> timespec {
        var end = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &end)
        end.tv_nsec += milliseconds % 1000 * 1_000_000
        end.tv_sec += milliseconds / 1000 + end.tv_nsec / 1_000_000_000
        end.tv_nsec %= 1_000_000_000
        return end
    }

    /// Lets the calling thread sleep.
    package static func sleep(milliseconds: Int) {
        var time = timespec(
            tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
        var left = timespec()
        while unsafe nanosleep(&time, &left) != 0, errno == EINTR { time = left }
    }
}
