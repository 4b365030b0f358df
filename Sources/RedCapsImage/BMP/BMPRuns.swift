/// The run lengths that a BMP's indices may be stored in.
struct BMPRuns {
    private let width: Int
    private let count: Int
    private let areHalves: Bool
    private var position: Int
    /// How many pixels there are so far.
    private var done = 0
    /// Where a row has come to; in what is stored it may reach beyond.
    private var x = 0

    init(_ file: BMPFile, areHalves: Bool) {
        (width, count) = (file.width, file.width * file.height)
        self.areHalves = areHalves
        position = file.dataStart
    }

    /// Writes the index of every pixel, row by row as they are stored.
    /// - Parameter out: As many bytes as there are pixels.
    /// - Throws: `ImageError` with `truncated` if there are too few.
    mutating func decode(
        _ bytes: Span<UInt8>, to out: UnsafeMutablePointer<UInt8>
    ) throws(ImageError) {
        while done < count, position + 2 <= bytes.count {
            let (first, second) = (bytes[position], bytes[position + 1])
            position += 2
            switch (first, second) {
            case (0, 0):
                unsafe fill((width - done % width) % width, out)
                x = 0
            case (0, 1):
                position = bytes.count
            case (0, 2):
                guard position + 2 <= bytes.count else {
                    position = bytes.count
                    break
                }
                let (right, up) = (Int(bytes[position]), Int(bytes[position + 1]))
                position += 2
                unsafe fill(right + up * width, out)
                x = done % width
            case (0, _):
                unsafe copy(Int(second), bytes, out)
            default:
                unsafe spread(second, Int(first), out)
            }
        }
        guard done == count else { throw BMPFile.truncated }
    }

    private mutating func fill(_ wanted: Int, _ out: UnsafeMutablePointer<UInt8>) {
        let more = min(wanted, count - done)
        unsafe (out + done).update(repeating: 0, count: more)
        done += more
    }

    /// Writes an index, or two by turns, as often as the row has room.
    private mutating func spread(
        _ byte: UInt8, _ wanted: Int, _ out: UnsafeMutablePointer<UInt8>
    ) {
        let inRow = min(wanted, max(0, width - x))
        let (even, odd) = areHalves ? (byte >> 4, byte & 15) : (byte, byte)
        for index in 0..<min(inRow, count - done) {
            unsafe out[done + index] = index % 2 == 0 ? even : odd
        }
        done += min(inRow, count - done)
        x += inRow
    }

    /// Copies indices, which may go on in the next row.
    private mutating func copy(
        _ wanted: Int, _ bytes: Span<UInt8>, _ out: UnsafeMutablePointer<UInt8>
    ) {
        let more = min(wanted, count - done)
        let size = areHalves ? (more + 1) / 2 : more
        guard position + size <= bytes.count else {
            position = bytes.count
            return
        }
        for index in 0..<more {
            if areHalves {
                let pair = bytes[position + index / 2]
                unsafe out[done + index] = index % 2 == 0 ? pair >> 4 : pair & 15
            } else {
                unsafe out[done + index] = bytes[position + index]
            }
        }
        done += more
        x += wanted
        position += size
        // They begin at even places of the file.
        position += position % 2
    }
}
