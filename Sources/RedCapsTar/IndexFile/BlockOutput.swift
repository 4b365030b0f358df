import RedCapsBase

/// A file that is written at any offset; closed when the last reference goes.
final class BlockOutput {
    let path: String
    private let descriptor: CInt

    /// Makes a file; one that is there is emptied.
    init(_ path: String) throws(StoreError) {
        let flags = O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC
        let descriptor = unsafe open(path, flags, 0o666)
        guard descriptor >= 0 else { throw .system(path, "make the file") }
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Writes all bytes at an offset.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(StoreError) {
        guard unsafe System.write(bytes, to: descriptor, at: offset) else {
            throw .system(path, "write", byteOffset: offset)
        }
    }

    /// Brings everything to the disk.
    func finish() throws(StoreError) {
        guard fsync(descriptor) == 0 else { throw .system(path, "write") }
    }
}
