// The resampler behind C functions, so that Python can time it in one process with Pillow.
import RedCapsImage

private final class Subject {
    let image: PixelBuffer
    let resampler: Resampler

    init(_ image: PixelBuffer) throws(ImageError) {
        self.image = image
        resampler = try Resampler()
    }
}

/// Takes a copy of a square of RGB pixels. Returns `nil` for a side that makes no sense.
@_cdecl("redcaps_open")
public func open(_ pixels: UnsafePointer<UInt8>, _ side: Int) -> UnsafeMutableRawPointer? {
    let bytes = Array(UnsafeBufferPointer(start: pixels, count: max(0, side * side * 3)))
    guard let image = try? PixelBuffer(width: side, height: side, pixels: bytes),
        let subject = try? Subject(image)
    else { return nil }
    return Unmanaged.passRetained(subject).toOpaque()
}

/// Resamples it to `size` × `size` pixels, three planes of floats. Returns 1, or 0 if that fails.
@_cdecl("redcaps_resample")
public func resample(
    _ subject: UnsafeMutableRawPointer, _ size: Int, _ out: UnsafeMutablePointer<Float>
) -> CInt {
    let subject = Unmanaged<Subject>.fromOpaque(subject).takeUnretainedValue()
    let floats = UnsafeMutableBufferPointer(start: out, count: 3 * size * size)
    var span = floats.mutableSpan
    var memory = span.mutableBytes
    do {
        try subject.resampler.resize(subject.image, width: size, height: size, into: &memory)
        return 1
    } catch {
        return 0
    }
}

/// Forgets the square.
@_cdecl("redcaps_close")
public func close(_ subject: UnsafeMutableRawPointer) {
    Unmanaged<Subject>.fromOpaque(subject).release()
}
