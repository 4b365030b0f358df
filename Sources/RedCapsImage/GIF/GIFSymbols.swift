#if GIF
/// GIF's variant of Lempel–Ziv–Welch, with Pillow's verdict on what is damaged.
///
/// Source: Pillow 13's behaviour. It reads the file in pieces, starts on a block only when all of it
/// is there, passes over empty blocks, and stops at the last pixel, whatever follows; after an end
/// code that comes early it goes on if there is another piece. giflib judges otherwise: of 1,500 damaged
/// GIFs its version 5.2.1 refused 56 that Pillow opens and accepted 36 that Pillow refuses, which is why
/// it isn't used here.
@safe struct GIFSymbols: ~Copyable {
    private static let mostBits = 12
    private static let mostCodes = 1 << mostBits
    /// How much Pillow reads at once.
    private static let pieceSize = 65536

    /// For each code its last byte, and the code of the bytes before.
    private let last: UnsafeMutablePointer<UInt8>
    private let link: UnsafeMutablePointer<UInt16>
    /// The bytes of a code, written from the end.
    private let string: UnsafeMutablePointer<UInt8>

    init() {
        unsafe last = .allocate(capacity: Self.mostCodes)
        unsafe last.initialize(repeating: 0, count: Self.mostCodes)
        unsafe link = .allocate(capacity: Self.mostCodes)
        unsafe link.initialize(repeating: 0, count: Self.mostCodes)
        unsafe string = .allocate(capacity: Self.mostCodes)
        unsafe string.initialize(repeating: 0, count: Self.mostCodes)
    }

    deinit {
        unsafe last.deallocate()
        unsafe link.deallocate()
        unsafe string.deallocate()
    }

    /// Decodes a frame.
    /// - Parameters:
    ///   - bytes: The blocks, and the rest of the file.
    ///   - bits: The bits of a pixel.
    ///   - screen: The screen's pixels.
    ///   - place: Where they go.
    func decode(
        _ bytes: Span<UInt8>, bits: Int, to screen: UnsafeMutablePointer<UInt8>,
        _ place: inout GIFPlace
    ) throws(ImageError) {
        guard bits <= Self.mostBits else {
            throw ImageError(.invalid, "GIF: symbols of \(bits) bits")
        }
        let clear = 1 << bits
        let end = clear + 1
        var reader = Reader(count: bytes.count, pieceSize: Self.pieceSize)
        var next = clear + 2
        var width = bits + 1
        /// Before the first code after a clear code.
        var isFresh = true
        var lastCode = 0
        var lastByte: UInt8 = 0
        while true {
            let code = try reader.code(bytes, width)
            if code == clear {
                (next, width, isFresh) = (clear + 2, bits + 1, true)
                continue
            }
            if code == end {
                try reader.pass()
                continue
            }
            var start = Self.mostCodes
            if isFresh {
                guard code < clear else { throw Self.damaged }
                isFresh = false
                lastCode = code
                lastByte = UInt8(truncatingIfNeeded: code)
                start -= 1
                unsafe string[start] = lastByte
            } else {
                guard code <= next else { throw Self.damaged }
                var rest = code
                if code == next {
                    start -= 1
                    unsafe string[start] = lastByte
                    rest = lastCode
                }
                while rest >= clear {
                    guard start > 0, rest < Self.mostCodes else { throw Self.damaged }
                    start -= 1
                    unsafe string[start] = last[rest]
                    rest = unsafe Int(link[rest])
                }
                lastByte = UInt8(truncatingIfNeeded: rest)
                if next < Self.mostCodes {
                    unsafe last[next] = lastByte
                    unsafe link[next] = UInt16(lastCode)
                    if next == 1 << width - 1, width < Self.mostBits { width += 1 }
                    next += 1
                }
                lastCode = code
                // Its first byte is the one that the links end at, and isn't in the string yet.
                guard unsafe put(lastByte, screen, &place) else { return }
            }
            guard unsafe put(start, screen, &place) else { return }
        }
    }

    private static var damaged: ImageError { ImageError(.invalid, "GIF: the data are damaged") }

    private func put(
        _ byte: UInt8, _ screen: UnsafeMutablePointer<UInt8>, _ place: inout GIFPlace
    ) -> Bool {
        unsafe screen[place.rest.start] = byte
        return place.advance(1)
    }

    /// Writes the string from `start` on.
    private func put(
        _ start: Int, _ screen: UnsafeMutablePointer<UInt8>, _ place: inout GIFPlace
    ) -> Bool {
        var start = start
        while start < Self.mostCodes {
            let rest = place.rest
            let count = min(rest.count, Self.mostCodes - start)
            unsafe (screen + rest.start).update(from: string + start, count: count)
            start += count
            guard place.advance(count) else { return false }
        }
        return true
    }
}

/// Reads codes from blocks.
private struct Reader {
    private let pieceSize: Int
    private let count: Int
    /// How far Pillow has read by now.
    private var available: Int
    private var position = 0
    private var blockEnd = 0
    private var buffer: UInt32 = 0
    private var bufferBits = 0

    init(count: Int, pieceSize: Int) {
        self.count = count
        self.pieceSize = pieceSize
        available = min(count, pieceSize)
    }

    mutating func code(_ bytes: Span<UInt8>, _ width: Int) throws(ImageError) -> Int {
        while bufferBits < width {
            if position < blockEnd {
                buffer |= UInt32(bytes[position]) << UInt32(bufferBits)
                bufferBits += 8
                position += 1
            } else if position < available, position + Int(bytes[position]) < available {
                blockEnd = position + 1 + Int(bytes[position])
                position += 1
            } else {
                try pass()
            }
        }
        let code = buffer & (1 << UInt32(width) - 1)
        buffer >>= UInt32(width)
        bufferBits -= width
        return Int(code)
    }

    /// Waits for another piece of the file.
    mutating func pass() throws(ImageError) {
        guard available < count else {
            throw ImageError(.truncated, "GIF: the data end before the image does")
        }
        available = min(count, available + pieceSize)
    }
}
#endif
