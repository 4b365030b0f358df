public import RedCapsImage
public import RedCapsLoading

/// The pixels of a batch: a block of channels with a shape and a type, by default B × 3 × H × W
/// `float32`, each image three planes (red, green, blue) of rows from the top, values in -1 ... 1.
///
/// The memory is used again for a later batch once the last copy of the tensor is gone.
public struct PixelTensor: Sendable {
    /// How many images there are: B.
    public let count: Int
    /// The width W of each image in pixels.
    public var width: Int { storage.width }
    /// The height H of each image in pixels.
    public var height: Int { storage.height }
    /// What the channels are stored as, and in what order.
    public var format: PixelFormat { storage.format }
    /// What the channels are stored as.
    public var type: PixelType { storage.format.type }
    let storage: PixelStorage

    /// `[B, 3, H, W]`, or `[B, H, W, 3]` with the channels last.
    public var shape: [Int] { format.shape(count: count, width: width, height: height) }

    /// The images of the samples that are in a batch: without a copy, unless samples were left out;
    /// those after them then move up. For `Dataset.collate`.
    /// - Parameters:
    ///   - storage: The batch's memory.
    ///   - samples: What was loaded into it, in the order of the slots.
    /// - Precondition: Their slots are ones of the storage's.
    public init<Sample>(_ storage: PixelStorage, of samples: [LoadedSample<Sample>]) {
        for (place, sample) in samples.enumerated() where sample.slot != place {
            storage.move(sample.slot, to: place)
        }
        self.init(storage, count: samples.count)
    }

    /// The first images of a storage, all of whose slots are written: without a copy.
    /// - Parameters:
    ///   - storage: Memory that nobody writes to any more.
    ///   - count: How many images of it; more than there are counts as all.
    public init(_ storage: PixelStorage, count: Int) {
        self.storage = storage
        self.count = min(max(0, count), storage.slots)
    }

    /// A tensor of the given floats, for tests of what is done with batches.
    /// - Parameters:
    ///   - floats: As many as the shape has elements, in the order of the layout.
    ///   - shape: `[B, 3, H, W]`, or `[B, H, W, 3]` with the channels last.
    ///   - layout: Where the channels are; first by default.
    /// - Throws: `ImageError` with `badRequest` for another shape or number of floats.
    public init(
        _ floats: [Float], shape: [Int], layout: PixelLayout = .channelsFirst
    ) throws(ImageError) {
        unsafe try self.init(copying: floats.span.bytes, shape, PixelFormat(.float32, layout))
    }

    /// A tensor of the given bytes, whatever the type of their channels.
    /// - Parameters:
    ///   - bytes: The channels' memory, in the order of the format's layout.
    ///   - shape: `[B, 3, H, W]`, or `[B, H, W, 3]` with the channels last.
    ///   - format: What the bytes are; by default channels of one byte.
    /// - Throws: `ImageError` with `badRequest` for another shape or number of bytes.
    public init(
        bytes: [UInt8], shape: [Int], format: PixelFormat = PixelFormat(.uint8)
    ) throws(ImageError) {
        unsafe try self.init(copying: bytes.span.bytes, shape, format)
    }

    private init(
        copying bytes: RawSpan, _ shape: [Int], _ format: PixelFormat
    ) throws(ImageError) {
        let expected = format.layout == .channelsFirst ? "[B, 3, H, W]" : "[B, H, W, 3]"
        guard shape.count == 4, shape[format.layout == .channelsFirst ? 1 : 3] == 3 else {
            throw ImageError(.badRequest, "the shape \(shape) isn't \(expected)")
        }
        let (height, width) =
            format.layout == .channelsFirst ? (shape[2], shape[3]) : (shape[1], shape[2])
        let storage = try PixelStorage(
            slots: shape[0], width: width, height: height, format: format)
        let memory = unsafe storage.images(0..<shape[0])
        guard memory.count == bytes.byteCount else {
            throw ImageError(
                .badRequest,
                "\(bytes.byteCount) bytes for \(shape) of \(format.type), not \(memory.count)")
        }
        unsafe bytes.withUnsafeBytes { unsafe memory.copyMemory(from: $0) }
        self.init(storage, count: shape[0])
    }

    /// Lends all channels as floats, in the order of `shape`.
    /// - Throws: `ImageError` with `badRequest` if they aren't of `float32` (those of other types are
    ///   lent by `withBytes`), and what `body` throws.
    public func withSpan<Result>(_ body: (Span<Float>) throws -> Result) throws -> Result {
        let floats = unsafe try floats(0..<count)
        return unsafe try body(floats.span)
    }

    /// Lends all channels' memory, in the order of `shape`, of whatever type.
    public func withBytes<Result, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        unsafe try body(UnsafeRawBufferPointer(storage.images(0..<count)).bytes)
    }

    /// Lends the memory as bytes, for handing to another library.
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        unsafe try body(UnsafeRawBufferPointer(storage.images(0..<count)))
    }

    /// A copy of one image's floats, 3 × H × W in the order of the layout.
    /// - Throws: `ImageError` with `badRequest` if the channels aren't of `float32`, and for an image
    ///   that isn't in `0 ..< count`.
    public subscript(image: Int) -> [Float] {
        get throws(ImageError) {
            guard (0..<count).contains(image) else {
                throw ImageError(.badRequest, "image \(image) of a batch of \(count)")
            }
            return unsafe Array(try floats(image..<(image + 1)))
        }
    }

    private func floats(_ range: Range<Int>) throws(ImageError) -> UnsafeBufferPointer<Float> {
        guard type == .float32 else {
            throw ImageError(
                .badRequest,
                "the pixels are \(type), not float32; withBytes lends them whatever their type")
        }
        return unsafe UnsafeRawBufferPointer(storage.images(range))
            .assumingMemoryBound(to: Float.self)
    }
}
