#if ICC
internal import CLCMS

/// Converts rows from the colours of a profile to sRGB, with Little CMS.
@safe final class ColorConversion {
    private let transform: cmsHTRANSFORM
    private let isGray: Bool
    private var input = Scratch()
    private var output = Scratch()

    /// - Returns: `nil` for what is no profile of RGB or gray; such pixels stay as they are.
    init?(from profile: [UInt8], isGray: Bool) {
        let flags = cmsUInt32Number(cmsFLAGS_NOCACHE)
        guard let source = unsafe cmsOpenProfileFromMem(profile, UInt32(clamping: profile.count))
        else { return nil }
        defer { unsafe _ = cmsCloseProfile(source) }
        guard let target = unsafe cmsCreate_sRGBProfile() else { return nil }
        defer { unsafe _ = cmsCloseProfile(target) }
        guard
            let transform = unsafe cmsCreateTransform(
                source, isGray ? Self.gray : Self.rgb, target, Self.rgb,
                UInt32(INTENT_PERCEPTUAL), flags)
        else { return nil }
        unsafe self.transform = transform
        self.isGray = isGray
    }

    deinit { unsafe cmsDeleteTransform(transform) }

    /// TYPE_RGB_8 and TYPE_GRAY_8, which are macros that Swift doesn't import.
    private static let rgb = UInt32(PT_RGB) << 16 | 3 << 3 | 1
    private static let gray = UInt32(PT_GRAY) << 16 | 1 << 3 | 1

    /// Converts a row of RGB pixels; valid until the next.
    func convert(_ row: UnsafePointer<UInt8>, count: Int) -> UnsafePointer<UInt8> {
        output.reserve(count * 3)
        var source = unsafe row
        if isGray {
            input.reserve(count)
            for x in 0..<count { unsafe input.start[x] = row[3 * x] }
            unsafe source = UnsafePointer(input.start)
        }
        unsafe cmsDoTransform(transform, source, output.start, UInt32(count))
        return unsafe UnsafePointer(output.start)
    }
}
#else
/// Colours aren't converted in this build.
struct ColorConversion {
    init?(from profile: [UInt8], isGray: Bool) { return nil }

    func convert(_ row: UnsafePointer<UInt8>, count: Int) -> UnsafePointer<UInt8> { unsafe row }
}
#endif
