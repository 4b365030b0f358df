import RedCapsBase
import RedCapsImage

/// What became of a file or a member.
enum DownsamplingProduct: Sendable {
    case downsampled([UInt8])
    case untouched
    /// No image.
    case other
    case broken(String)

    var withoutBytes: DownsamplingProduct {
        if case .downsampled = self { .downsampled([]) } else { self }
    }
}

/// What threads downsample with: a downsampler and a buffer each, taken and given back.
final class ImageWorkers: Sendable {
    /// What one thread works with.
    private final class Context {
        let downsampler: Downsampler
        var buffer = ReadBuffer()

        init(_ options: DownsamplingOptions) throws(ImageError) {
            downsampler = try Downsampler(options)
        }
    }

    private let options: DownsamplingOptions
    private let idle = ConditionLock<[Context]>([])

    init(_ options: DownsamplingOptions) { self.options = options }

    private func takeContext(for file: OpenFile) throws(StoreError) -> Context {
        if let context = idle.update({ $0.popLast() }) { return context }
        do throws(ImageError) { return try Context(options) } catch {
            throw StoreError(.system, file: file.path, reason: error.reason)
        }
    }

    /// Downsamples a file or a member, or says why not.
    /// - Parameters:
    ///   - name: By it an image is told, or by its first bytes.
    ///   - offset: Where it begins in the file.
    func product(
        _ name: String, _ file: OpenFile, at offset: UInt64, size: UInt64
    ) throws(StoreError) -> DownsamplingProduct {
        // A companion of an image has its suffix, and is none.
        if HiddenName.isHidden(path: name.utf8) { return .other }
        let context = try takeContext(for: file)
        defer { idle.update { $0.append(context) } }
        // Enough for a format to be told.
        try context.buffer.read(file, at: offset, count: Int(min(size, 16)))
        let isImage =
            ImageFormat.isImageName(name)
            || context.buffer.withBytes { (try? ImageFormat(of: $0)) != nil }
        guard isImage else { return .other }
        guard size <= UInt64(options.limits.maxBytes), size <= 1 << 32 else {
            return .broken("\(size) bytes are more than the limit")
        }
        try context.buffer.read(file, at: offset, count: Int(size))
        return context.buffer.withBytes { bytes in
            do throws(ImageError) {
                return try context.downsampler.downsample(bytes).bytes
                    .map(DownsamplingProduct.downsampled) ?? .untouched
            } catch {
                return .broken(error.reason)
            }
        }
    }
}
