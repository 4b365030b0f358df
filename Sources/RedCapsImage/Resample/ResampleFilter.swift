#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A kernel for resampling, as Pillow has it.
public enum ResampleFilter: Sendable, Hashable, CaseIterable {
    /// The mean of the pixels below.
    case box
    /// A triangle over two pixels.
    case bilinear
    /// A cosine-windowed sinc of two pixels.
    case hamming
    /// Keys' cubic with a = -0.5 over four pixels; what the reference uses.
    case bicubic
    /// A sinc over six pixels, windowed by another.
    case lanczos

    /// How far the kernel reaches, in pixels of the coarser grid.
    var support: Double {
        switch self {
        case .box: 0.5
        case .bilinear, .hamming: 1
        case .bicubic: 2
        case .lanczos: 3
        }
    }

    /// The kernel at a distance. The order of operations is Pillow's: results are compared bit for
    /// bit.
    func weight(_ x: Double) -> Double {
        switch self {
        case .box:
            return x > -0.5 && x <= 0.5 ? 1 : 0
        case .bilinear:
            let x = abs(x)
            return x < 1 ? 1 - x : 0
        case .hamming:
            let x = abs(x)
            if x == 0 { return 1 }
            if x >= 1 { return 0 }
            // Pillow has these two constants in single precision.
            return sin(x * .pi) / (x * .pi)
                * (Double(0.54 as Float) + Double(0.46 as Float) * cos(x * .pi))
        case .bicubic:
            let a = -0.5
            let x = abs(x)
            if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
            if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
            return 0
        case .lanczos:
            return x >= -3 && x < 3 ? Self.sinc(x) * Self.sinc(x / 3) : 0
        }
    }

    private static func sinc(_ x: Double) -> Double {
        if x == 0 { return 1 }
        return sin(x * .pi) / (x * .pi)
    }
}
