/// Bytes that belong to somebody else, for the length of a call.
@safe package struct BorrowedBytes {
    package let bytes: UnsafeRawBufferPointer

    package init(_ bytes: UnsafeRawBufferPointer) { unsafe self.bytes = bytes }

    /// Lends an array's bytes.
    package static func of<Failure: Error>(
        _ array: [UInt8]?, _ body: (BorrowedBytes?) throws(Failure) -> Void
    ) throws(Failure) {
        guard let array else { return try body(nil) }
        var failure: Failure?
        unsafe array.withUnsafeBytes { bytes in
            do throws(Failure) { unsafe try body(BorrowedBytes(bytes)) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// Lends the bytes of several arrays at once.
    package static func of<Failure: Error>(
        _ arrays: [[UInt8]?], _ body: ([BorrowedBytes?]) throws(Failure) -> Void
    ) throws(Failure) {
        try lend(arrays[...], [], body)
    }

    private static func lend<Failure: Error>(
        _ arrays: ArraySlice<[UInt8]?>, _ lent: [BorrowedBytes?],
        _ body: ([BorrowedBytes?]) throws(Failure) -> Void
    ) throws(Failure) {
        guard let first = arrays.first else { return try body(lent) }
        try of(first) { (bytes) throws(Failure) in
            try lend(arrays.dropFirst(), lent + [bytes], body)
        }
    }

    /// Copies them to the end of an array.
    package func append(to array: inout [UInt8]) { unsafe array.append(contentsOf: bytes) }
}
