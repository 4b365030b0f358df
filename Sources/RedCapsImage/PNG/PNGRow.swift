#if PNG
/// Turns rows of a PNG into RGB as Pillow's `convert("RGB")` does: alpha is dropped, gray of 16 bits
/// saturates, of other 16-bit samples the high byte is taken, and what lies past the palette is
/// black.
struct PNGRow {
    private let kind: PNGChunks.Kind
    /// 256 colours.
    private let palette: [UInt8]

    init(_ kind: PNGChunks.Kind, palette: [UInt8]?) {
        self.kind = kind
        var colors = palette.map { Array($0.prefix($0.count / 3 * 3)) } ?? []
        colors += [UInt8](repeating: 0, count: 768 - colors.count)
        self.palette = colors
    }

    /// How many bytes a row of so many pixels has.
    func byteCount(_ width: Int) -> Int { (width * kind.bits + 7) / 8 }

    /// Writes `count` RGB pixels, from pixel `start` of a row on.
    func convert(
        _ row: UnsafePointer<UInt8>, from start: Int, count: Int,
        to out: UnsafeMutablePointer<UInt8>
    ) {
        switch (kind.colorType, kind.bitDepth) {
        case (2, 8):
            unsafe out.update(from: row + start * 3, count: count * 3)
        case (6, 8):
            unsafe pick(row + start * 4, step: 4, channel: 1, count, out)
        case (2, 16):
            unsafe pick(row + start * 6, step: 6, channel: 2, count, out)
        case (6, 16):
            unsafe pick(row + start * 8, step: 8, channel: 2, count, out)
        case (4, 8):
            unsafe pick(row + start * 2, step: 2, channel: 0, count, out)
        case (4, 16):
            unsafe pick(row + start * 4, step: 4, channel: 0, count, out)
        case (0, 8):
            unsafe pick(row + start, step: 1, channel: 0, count, out)
        case (0, 16):
            for x in 0..<count {
                let high = unsafe row[(start + x) * 2]
                let value = unsafe high == 0 ? row[(start + x) * 2 + 1] : 255
                unsafe (out + x * 3).update(repeating: value, count: 3)
            }
        default:
            unsafe unpack(row, from: start, count, out)
        }
    }

    private func pick(
        _ row: UnsafePointer<UInt8>, step: Int, channel: Int, _ count: Int,
        _ out: UnsafeMutablePointer<UInt8>
    ) {
        var source = unsafe row
        var target = unsafe out
        for _ in 0..<count {
            unsafe target[0] = source[0]
            unsafe target[1] = source[channel]
            unsafe target[2] = source[2 * channel]
            unsafe source += step
            unsafe target += 3
        }
    }

    /// Palettes, and gray of less than 8 bits.
    private func unpack(
        _ row: UnsafePointer<UInt8>, from start: Int, _ count: Int,
        _ out: UnsafeMutablePointer<UInt8>
    ) {
        let depth = kind.bitDepth
        let mask = UInt8(truncatingIfNeeded: (1 << depth) - 1)
        let gray = 255 / mask
        unsafe palette.withUnsafeBufferPointer { palette in
            for x in 0..<count {
                let bit = (start + x) * depth
                let index = unsafe row[bit >> 3] >> UInt8(8 - depth - (bit & 7)) & mask
                let target = unsafe out + x * 3
                if kind.hasPalette {
                    unsafe target[0] = palette[Int(index) * 3]
                    unsafe target[1] = palette[Int(index) * 3 + 1]
                    unsafe target[2] = palette[Int(index) * 3 + 2]
                } else {
                    unsafe target.update(repeating: index * gray, count: 3)
                }
            }
        }
    }
}
#endif
