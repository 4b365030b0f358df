#if PNG
internal import CZlib

/// The little of zlib that PNG's chunks need.
enum Zlib {
    enum Inflated {
        /// And how many of the compressed bytes they were made of.
        case bytes([UInt8], from: Int)
        /// No stream of zlib.
        case broken
        /// There is more than was asked for.
        case tooLong
    }

    /// The checksum of bytes, or of those before and these.
    static func crc32(_ bytes: Span<UInt8>, after sum: UInt32 = 0) -> UInt32 {
        unsafe bytes.withUnsafeBufferPointer { bytes in
            guard let start = bytes.baseAddress else { return sum }
            return UInt32(
                truncatingIfNeeded: unsafe crc32_z(uLong(sum), start, z_size_t(bytes.count)))
        }
    }

    /// Inflates a stream, or the beginning of one that was cut.
    static func inflate(_ bytes: Span<UInt8>, atMost limit: Int) -> Inflated {
        guard bytes.count <= Int(UInt32.max) else { return .tooLong }
        var stream = unsafe z_stream()
        guard
            unsafe inflateInit_(&stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { return .broken }
        defer { unsafe inflateEnd(&stream) }
        var status = Z_OK
        let out = unsafe [UInt8](unsafeUninitializedCapacity: limit) { out, count in
            unsafe bytes.withUnsafeBufferPointer { bytes in
                unsafe stream.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
                unsafe stream.avail_in = UInt32(bytes.count)
                unsafe stream.next_out = out.baseAddress
                unsafe stream.avail_out = UInt32(limit)
                status = unsafe CZlib.inflate(&stream, Z_SYNC_FLUSH)
            }
            count = unsafe limit - Int(stream.avail_out)
        }
        guard [Z_OK, Z_BUF_ERROR, Z_STREAM_END].contains(status) else { return .broken }
        if status != Z_STREAM_END, unsafe stream.avail_in > 0 { return .tooLong }
        return .bytes(out, from: unsafe bytes.count - Int(stream.avail_in))
    }

    /// A stream of the given bytes, not made smaller.
    static func stored(_ bytes: [UInt8]) -> [UInt8]? {
        var count = compressBound(uLong(bytes.count))
        var out = [UInt8](repeating: 0, count: Int(count))
        guard unsafe compress2(&out, &count, bytes, uLong(bytes.count), Z_NO_COMPRESSION) == Z_OK
        else { return nil }
        return Array(out.prefix(Int(count)))
    }
}
#endif
