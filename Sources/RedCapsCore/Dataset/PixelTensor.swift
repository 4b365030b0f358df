import RedCapsImage

/// The pixels of a batch: by default B × 3 × S × S floats, each image three planes (red, green, blue)
/// of rows from the top, values in -1 ... 1; else whatever `format` says.
///
/// The memory is used again for a later batch once the last copy of the tensor is gone.
public struct PixelTensor: Sendable {
    /// How many images there are.
    public let count: Int
    /// The edge S of each image in pixels.
    public var imageSize: Int { storage.imageSize }
    /// What the channels are stored as, and in what order.
    public var format: PixelFormat { storage.format }
    let storage: PixelStorage

    /// `[count, 3, imageSize, imageSize]`, or `[count, imageSize, imageSize, 3]` with the channels
    /// last.
    public var shape: [Int] { format.shape(count: count, imageSize: imageSize) }

    /// The first `count` images of a storage.
    package init(_ storage: PixelStorage, count: Int) {
        precondition(count <= storage.slots, "\(count) images of \(storage.slots)")
        self.storage = storage
        self.count = count
    }

    /// Lends all channels, `count` × 3 × S × S of them, of a tensor whose format is of `float32`.
    /// Of any other, there are none: see `withBytes`.
    public func withSpan<Result, Failure: Error>(
        _ body: (Span<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let floats = unsafe floats(0..<count)
        return unsafe try body(floats.span)
    }

    /// Lends all channels' memory.
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

    /// A copy of one image's floats; empty if the format is another.
    public subscript(image: Int) -> [Float] {
        precondition((0..<count).contains(image), "image \(image) of \(count)")
        return unsafe Array(floats(image..<(image + 1)))
    }

    private func floats(_ range: Range<Int>) -> UnsafeBufferPointer<Float> {
        guard format.type == .float32 else {
            return unsafe UnsafeBufferPointer(start: nil, count: 0)
        }
        return unsafe UnsafeRawBufferPointer(storage.images(range))
            .assumingMemoryBound(to: Float.self)
    }
}
