internal import CResample

/// Which instructions resample. All give the same bytes.
public enum ResampleKernel: Sendable, Hashable, CaseIterable {
    /// The fastest that this processor has.
    case automatic
    /// Plain C.
    case portable
    /// 256-bit vectors of x86.
    case avx2
    /// 128-bit vectors of ARM.
    case neon
    /// 512-bit vectors of x86, with VBMI and VNNI.
    case avx512

    /// Whether this processor, and this build, have it.
    public var isAvailable: Bool { unsafe functions != nil }

    var functions: UnsafePointer<rc_kernels>? {
        let set: rc_instruction_set =
            switch self {
            case .automatic: RC_AUTOMATIC
            case .portable: RC_PORTABLE
            case .avx2: RC_AVX2
            case .neon: RC_NEON
            case .avx512: RC_AVX512
            }
        return unsafe rc_resample_kernels(set)
    }
}

/// The kernels in use, found once.
@safe struct Kernels {
    private let functions: UnsafePointer<rc_kernels>

    /// - Throws: `ImageError` with `unsupported` if the processor lacks them.
    init(_ kernel: ResampleKernel) throws(ImageError) {
        guard let functions = unsafe kernel.functions else {
            throw ImageError(.unsupported, "this processor has no \(kernel) instructions")
        }
        unsafe self.functions = functions
    }

    /// What `horizontal` likes to know of an axis beforehand; to be released.
    func makePlan(_ axis: inout rc_axis) -> UnsafeMutableRawPointer? {
        unsafe functions.pointee.make_plan?(&axis)
    }

    func release(_ plan: UnsafeMutableRawPointer?) {
        unsafe functions.pointee.release_plan?(plan)
    }

    /// Resamples up to `RC_ROWS` rows.
    func horizontal(
        _ axis: inout rc_axis, _ plan: UnsafeMutableRawPointer?,
        _ rows: UnsafePointer<UnsafePointer<UInt8>>,
        _ out: UnsafePointer<UnsafeMutablePointer<UInt8>>, count: Int
    ) {
        unsafe functions.pointee.horizontal(&axis, plan, rows, out, UInt32(count))
    }

    func vertical(
        _ axis: inout rc_axis, output: Int, _ rows: UnsafePointer<UnsafePointer<UInt8>>,
        _ out: UnsafeMutablePointer<UInt8>, count: Int
    ) {
        unsafe functions.pointee.vertical(&axis, UInt32(output), rows, out, count)
    }

    func normalize(
        _ rgb: UnsafePointer<UInt8>, count: Int, _ r: UnsafeMutablePointer<Float>,
        _ g: UnsafeMutablePointer<Float>, _ b: UnsafeMutablePointer<Float>
    ) {
        unsafe functions.pointee.normalize(rgb, count, r, g, b)
    }
}
