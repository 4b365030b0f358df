import CLimit
import Foundation
import RedCapsCore
import RedCapsImage
import Synchronization

/// The C programs, called from Swift.
enum Limit {
    struct Refused: Error {}

    static func decode(_ bytes: [UInt8], square: PixelRegion? = nil) throws {
        let rows = bytes.withUnsafeBufferPointer { bytes in
            climit_decode(
                bytes.baseAddress, bytes.count, UInt32(square?.width ?? 0),
                UInt32(square.map { max($0.x, $0.y) } ?? 0))
        }
        if rows == 0 { throw Refused() }
    }

    /// Decodes the squares of all files, shared out to threads.
    static func decode(_ files: [Subject.File], threads: Int) throws {
        let refused = Atomic(0)
        let next = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: threads) { _ in
            while true {
                let index = next.add(1, ordering: .relaxed).oldValue
                guard index < files.count else { return }
                do {
                    try decode(files[index].bytes, square: files[index].square)
                } catch {
                    refused.add(1, ordering: .relaxed)
                }
            }
        }
        if refused.load(ordering: .relaxed) > 0 { throw Refused() }
    }

    static func resample(_ image: PixelBuffer, to size: Int) throws -> [UInt8] {
        var out = [UInt8](repeating: 0, count: size * size * 3)
        let isDone = image.pixels.withUnsafeBufferPointer { pixels in
            out.withUnsafeMutableBufferPointer { out in
                climit_resample(
                    pixels.baseAddress, UInt32(image.width), out.baseAddress, UInt32(size))
            }
        }
        if isDone == 0 { throw Refused() }
        return out
    }
}
