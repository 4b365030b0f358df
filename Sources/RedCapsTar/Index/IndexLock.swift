#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Makes sure that one process builds an index while others wait. The system takes the lock from a
/// process that dies.
package final class IndexLock: Sendable {
    private let descriptor: CInt

    private init(_ descriptor: CInt) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// What is built under a lock of its own. Who joins a list with members may have to repair
    /// these meanwhile, never the other way round.
    enum Part: String {
        /// The members and shards.
        case members = "lock"
        /// The tables of entries.
        case entries = "entries.lock"
    }

    /// Waits for a lock of a place.
    /// - Returns: `nil` where the file system knows no locks: then everybody builds on their own,
    ///   under names of their own.
    static func wait(
        for part: Part, in place: IndexPlace, _ cancellation: Cancellation? = nil
    ) throws(StoreError) -> IndexLock? {
        try wait(for: place.file(part.rawValue), cancellation)
    }

    /// Waits for the lock of a file, which is made if need be.
    /// - Returns: `nil` where the file system knows no locks.
    static func wait(
        for path: String, _ cancellation: Cancellation?
    ) throws(StoreError) -> IndexLock? {
        while true {
            let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
            guard descriptor >= 0 else { throw .system(path, "make the file") }
            while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
                guard errno == EWOULDBLOCK || errno == EINTR else {
                    close(descriptor)
                    return nil
                }
                do throws(StoreError) { try cancellation?.check(path) } catch {
                    close(descriptor)
                    throw error
                }
                usleep(10_000)
            }
            let lock = IndexLock(descriptor)
            // Whoever had it may have removed the file, and another one may hold a new one.
            var (held, named) = (stat(), stat())
            if unsafe fstat(descriptor, &held) == 0, unsafe stat(path, &named) == 0,
                held.st_ino == named.st_ino, held.st_dev == named.st_dev
            {
                return lock
            }
        }
    }

    /// Takes a lock if nobody has it.
    static func take(for part: Part, in place: IndexPlace) -> IndexLock? {
        let descriptor = unsafe open(
            place.file(part.rawValue), O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { return nil }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            return nil
        }
        return IndexLock(descriptor)
    }
}
