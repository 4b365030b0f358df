/// The pixels of a batch: B × 3 × S × S floats, each image three planes (red, green, blue) of rows
/// from the top, values in -1 ... 1.
///
/// The memory is used again for a later batch once the last copy of the tensor is gone.
public struct PixelTensor: Sendable {
    /// How many images there are.
    public let count: Int
    /// The edge S of each image in pixels.
    public var imageSize: Int { storage.imageSize }
    private let storage: PixelStorage

    /// `[count, 3, imageSize, imageSize]`.
    public var shape: [Int] { [count, 3, imageSize, imageSize] }

    /// The first `count` images of a storage.
    package init(_ storage: PixelStorage, count: Int) {
        precondition(count <= storage.slots, "\(count) images of \(storage.slots)")
        self.storage = storage
        self.count = count
    }

    /// Lends all floats, `count` × 3 × S × S of them.
    public func withSpan<Result, Failure: Error>(
        _ body: (Span<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        unsafe try body(storage.images(0..<count).span)
    }

    /// Lends the memory as bytes, for handing to another library.
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        unsafe try body(UnsafeRawBufferPointer(storage.images(0..<count)))
    }

    /// A copy of one image's floats.
    public subscript(image: Int) -> [Float] {
        precondition((0..<count).contains(image), "image \(image) of \(count)")
        return unsafe Array(storage.images(image..<(image + 1)))
    }
}
