internal import CResample

/// Writes rows of RGB bytes as a batch stores them.
final class RowWriter {
    let format: PixelFormat
    private let kernels: Kernels
    /// For types of 16 bits, the value of each byte.
    private let table: [UInt16]

    init(_ format: PixelFormat, _ kernels: Kernels) {
        self.format = format
        self.kernels = kernels
        let values = (0..<256).map { 2 * (Float($0) / 255) - 1 }
        table =
            switch format.type {
            case .float16: values.map(Self.half)
            case .bfloat16: values.map(Self.brain)
            case .float32, .uint8: []
            }
    }

    /// Writes row `y` of an image.
    /// - Parameters:
    ///   - rgb: `width` pixels.
    ///   - image: The whole image's memory: `width` × `height` pixels in the format.
    func write(
        _ rgb: UnsafePointer<UInt8>, row y: Int, width: Int, height: Int,
        to image: UnsafeMutableRawPointer
    ) {
        let plane = width * height
        switch (format.type, format.layout) {
        case (.float32, .channelsFirst):
            let r = unsafe image.assumingMemoryBound(to: Float.self) + y * width
            unsafe kernels.normalize(rgb, count: width, r, r + plane, r + 2 * plane)
        case (.float32, .channelsLast):
            unsafe rc_store_interleaved_f32(
                rgb, width, image.assumingMemoryBound(to: Float.self) + 3 * y * width)
        case (.uint8, .channelsFirst):
            let r = unsafe image.assumingMemoryBound(to: UInt8.self) + y * width
            unsafe rc_store_planes_u8(rgb, width, r, r + plane, r + 2 * plane)
        case (.uint8, .channelsLast):
            unsafe (image + 3 * y * width).copyMemory(from: rgb, byteCount: 3 * width)
        case (.float16, .channelsFirst), (.bfloat16, .channelsFirst):
            let r = unsafe image.assumingMemoryBound(to: UInt16.self) + y * width
            unsafe rc_store_planes_u16(table, rgb, width, r, r + plane, r + 2 * plane)
        case (.float16, .channelsLast), (.bfloat16, .channelsLast):
            unsafe rc_store_interleaved_u16(
                table, rgb, width, image.assumingMemoryBound(to: UInt16.self) + 3 * y * width)
        }
    }

    /// The bits of the nearest binary16, ties to even; for values in -1 ... 1 that aren't subnormal.
    static func half(_ value: Float) -> UInt16 {
        let bits = value.bitPattern
        let sign = UInt16(truncatingIfNeeded: bits >> 16) & 0x8000
        let magnitude = bits & 0x7FFF_FFFF
        if magnitude == 0 { return sign }
        // 23 fraction bits become 10, and the exponent's bias 15 instead of 127.
        let rounded = magnitude + 0xFFF + (magnitude >> 13 & 1)
        return sign | UInt16(truncatingIfNeeded: (rounded >> 13) - UInt32(112 << 10))
    }

    /// The upper half of a float, rounded to the nearest, ties to even.
    static func brain(_ value: Float) -> UInt16 {
        let bits = value.bitPattern
        return UInt16(truncatingIfNeeded: (bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
    }
}
