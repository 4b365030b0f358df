#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A file's time, in seconds and nanoseconds since 1970.
struct FileTime: Sendable, Hashable {
    var seconds: Int
    /// 0 ... 999,999,999, also before 1970.
    var nanoseconds = 0

    init(seconds: Int, nanoseconds: Int = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// When a file was changed last.
    init(modified status: stat) {
        #if canImport(Darwin)
        self.init(status.st_mtimespec)
        #else
        self.init(status.st_mtim)
        #endif
    }

    private init(_ time: timespec) {
        self.init(seconds: time.tv_sec, nanoseconds: time.tv_nsec)
    }

    /// For `futimens` and `utimensat`: the time of the last access stays, that of the last change
    /// becomes this.
    var times: [timespec] {
        #if canImport(Darwin)
        let omitted = Int(UTIME_OMIT)
        #else
        let omitted = (1 << 30) - 2  // UTIME_OMIT, which isn't imported
        #endif
        return [
            timespec(tv_sec: 0, tv_nsec: omitted), timespec(tv_sec: seconds, tv_nsec: nanoseconds),
        ]
    }

    /// In nanoseconds; times that are too far away for that wrap around.
    var inNanoseconds: Int64 {
        Int64(seconds) &* 1_000_000_000 &+ Int64(nanoseconds)
    }
}

/// What the file system says of an entry of a folder, which isn't followed if it is a link.
struct FileStatus {
    enum Kind {
        case file, folder, link, other
    }

    let kind: Kind
    let byteCount: UInt64
    let time: FileTime
    /// The permissions.
    let mode: mode_t

    /// Looks a name up.
    /// - Parameter name: Ended by 0.
    /// - Returns: `nil` if that can't be; `errno` tells why.
    init?(_ name: [CChar], in folder: CInt) {
        var status = stat()
        guard unsafe fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
        self.init(status)
    }

    /// Looks an open file up.
    init?(_ descriptor: CInt) {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: stat) {
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            case S_IFLNK: .link
            default: .other
            }
        byteCount = UInt64(clamping: status.st_size)
        time = FileTime(modified: status)
        mode = status.st_mode & 0o7777
    }
}
