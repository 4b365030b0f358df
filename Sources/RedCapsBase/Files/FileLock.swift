/// A lock of a file or a folder among processes. The system takes it from a process that dies.
package final class FileLock: Sendable {
    private let descriptor: CInt

    private init(_ descriptor: CInt) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    private enum Attempt {
        case taken
        /// Somebody else has it.
        case held
        /// The file system knows no locks.
        case impossible
    }

    private static func attempt(_ descriptor: CInt) -> Attempt {
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return .taken }
        return errno == EWOULDBLOCK || errno == EINTR ? .held : .impossible
    }

    private static func make(_ path: String) -> CInt {
        unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    }

    /// Waits for the lock of a file, which is made if need be.
    /// - Returns: `nil` where the file system knows no locks.
    package static func wait(
        for path: String, _ cancellation: Cancellation?
    ) throws(StoreError) -> FileLock? {
        while true {
            let descriptor = make(path)
            guard descriptor >= 0 else { throw .system(path, "make the file") }
            let lock = FileLock(descriptor)
            waiting: while true {
                switch attempt(descriptor) {
                case .taken: break waiting
                case .impossible: return nil
                case .held:
                    try cancellation?.check(path)
                    MonotonicTime.sleep(milliseconds: 10)
                }
            }
            // Whoever had it may have removed the file, and another one may hold a new one.
            var (held, named) = (stat(), stat())
            if unsafe fstat(descriptor, &held) == 0, unsafe stat(path, &named) == 0,
                held.st_ino == named.st_ino, held.st_dev == named.st_dev
            {
                return lock
            }
        }
    }

    /// Takes the lock of a folder, for which it waits a while. Where the file system knows no locks,
    /// everybody gets one.
    /// - Returns: `nil` if somebody else still has it then.
    package static func take(
        folder path: String, within milliseconds: Int
    ) throws(StoreError) -> FileLock? {
        let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(path, "open the folder") }
        let lock = FileLock(descriptor)
        var left = milliseconds
        while case .held = attempt(descriptor) {
            guard left > 0 else { return nil }
            MonotonicTime.sleep(milliseconds: 100)
            left -= 100
        }
        return lock
    }

    /// Holds a folder together with others who do the same, once nobody keeps it for himself.
    /// - Parameter alone: Called first, and only if nobody else holds the folder meanwhile.
    /// - Returns: `nil` where the file system knows no locks.
    package static func share(
        folder path: String, _ cancellation: Cancellation?, alone: () throws(StoreError) -> Void
    ) throws(StoreError) -> FileLock? {
        let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(path, "open the folder") }
        let lock = FileLock(descriptor)
        if case .taken = attempt(descriptor) { try alone() }
        while flock(descriptor, LOCK_SH | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else { return nil }
            try cancellation?.check(path)
            MonotonicTime.sleep(milliseconds: 10)
        }
        return lock
    }
}
