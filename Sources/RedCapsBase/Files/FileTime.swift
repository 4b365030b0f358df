/// A file's time, in seconds and nanoseconds since 1970.
package struct FileTime: Sendable, Hashable {
    package var seconds: Int
    /// 0 ... 999,999,999, also before 1970.
    package var nanoseconds = 0

    package init(seconds: Int, nanoseconds: Int = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// When a file was changed last.
    package init(modified status: stat) {
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
    package var times: [timespec] {
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
    package var inNanoseconds: Int64 {
        Int64(seconds) &* 1_000_000_000 &+ Int64(nanoseconds)
    }
}

/// What the file system says of an entry of a folder, which isn't followed if it is a link.
package struct FileStatus {
    package enum Kind: Sendable {
        case file, folder, link, other
    }

    package let kind: Kind
    package let byteCount: UInt64
    package let time: FileTime
    /// The permissions.
    package let mode: mode_t

    /// Looks a name up.
    /// - Parameter name: Ended by 0.
    /// - Returns: `nil` if that can't be; `errno` tells why.
    package init?(_ name: [CChar], in folder: CInt) {
        var status = stat()
        guard unsafe fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
        self.init(status)
    }

    /// Looks an open file up.
    package init?(_ descriptor: CInt) {
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
