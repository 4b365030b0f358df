import RedCapsImage
import RedCapsBase

/// Memory for the images of one batch, all of one width and height, written slot by slot from several
/// threads: the `Storage` of data sets whose samples are images.
///
/// @unchecked Sendable: the loader gives each slot to one thread only, and hands the storage on
/// through its lock when all of them are done; from then on it is only read, through `PixelTensor`.
@safe public final class PixelStorage: @unchecked Sendable {
    /// How many images it holds.
    public let slots: Int
    /// The width of each image in pixels.
    public let width: Int
    /// The height of each image in pixels.
    public let height: Int
    /// How their pixels are stored.
    public let format: PixelFormat
    /// Bytes of an image.
    private let imageBytes: Int
    private let memory: PixelMemory
    private let pool: PixelPool?

    /// Takes memory, whose contents are undefined until they are written.
    /// - Parameters:
    ///   - slots: How many images it holds: those of a `PlannedBatch`.
    ///   - width: The width of each in pixels, 1 ... 16384.
    ///   - height: The height of each in pixels, 1 ... 16384.
    ///   - format: How pixels are stored; by default as three planes of floats.
    /// - Throws: `ImageError` with `badRequest` for numbers that are out of range, and `noMemory`.
    public convenience init(
        slots: Int, width: Int, height: Int, format: PixelFormat = PixelFormat()
    ) throws(ImageError) {
        try self.init(slots: slots, width: width, height: height, format: format, pool: nil)
    }

    /// - Parameter pool: Where memory comes from, and where it goes back to.
    /// - Throws: `ImageError` with `badRequest` or `noMemory`.
    init(
        slots: Int, width: Int, height: Int, format: PixelFormat, pool: PixelPool?
    ) throws(ImageError) {
        try PixelFormat.check(width: width, height: height)
        guard slots >= 0 else {
            throw ImageError(.badRequest, "a batch of \(slots) images")
        }
        (self.slots, self.width, self.height) = (slots, width, height)
        self.format = format
        self.pool = pool
        imageBytes = format.byteCount(width: width, height: height)
        let (size, overflow) = slots.multipliedReportingOverflow(by: imageBytes)
        guard !overflow, let memory = pool.map({ $0.take(size) }) ?? PixelMemory(size) else {
            throw ImageError(
                .noMemory,
                "no memory for a batch of \(slots) images of "
                    + (width == height ? "\(width)²" : "\(width)×\(height)")
                    + (overflow ? "" : ", \(size) bytes"))
        }
        self.memory = memory
    }

    deinit {
        if let pool { pool.put(memory) } else { memory.release() }
    }

    /// Lends one image's memory for writing: 3 × `height` × `width` channels in the storage's format.
    /// For `Dataset.load` only, and for its own slot: nobody else may be writing to or reading from it.
    /// - Precondition: `slot` is in `0 ..< slots`.
    public func withSlot<Result, Failure: Error>(
        _ slot: Int, _ body: (inout MutableRawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let image = unsafe images(slot..<(slot + 1))
        var span = unsafe image.mutableBytes
        return try body(&span)
    }

    /// Copies one image's memory to another slot.
    func move(_ slot: Int, to other: Int) {
        unsafe images(other..<(other + 1)).copyMemory(
            from: UnsafeRawBufferPointer(images(slot..<(slot + 1))))
    }

    /// The memory of some images.
    func images(_ range: Range<Int>) -> UnsafeMutableRawBufferPointer {
        precondition(0 <= range.lowerBound && range.upperBound <= slots, "\(range) of \(slots)")
        return unsafe UnsafeMutableRawBufferPointer(
            rebasing: memory.bytes[
                (range.lowerBound * imageBytes)..<(range.upperBound * imageBytes)])
    }
}

/// A block of memory that whoever holds it owns.
///
/// @unchecked Sendable: it passes from owner to owner under the pool's lock.
@safe struct PixelMemory: @unchecked Sendable {
    let bytes: UnsafeMutableRawBufferPointer

    /// - Returns: `nil` if there is no memory, which would end the process in Swift's own allocation.
    init?(_ count: Int) {
        guard let block = unsafe malloc(max(1, count)) else { return nil }
        unsafe bytes = UnsafeMutableRawBufferPointer(start: block, count: count)
    }

    func release() { unsafe free(bytes.baseAddress) }
}

/// Memory of batches that are done with, to be used again: fresh pages for a batch of 100 MB would
/// cost a good part of the time that it takes to decode it. A batch may be of another shape than the
/// one before it, and takes a block that is not more than twice as large. What nobody has needed for a
/// while goes back to the system, as does all of it when nobody loads any more and the last batch is
/// done with.
final class PixelPool: Sendable {
    private struct State {
        var idle: [PixelMemory] = []
        var used = 0
        var leases = 0
        /// How many blocks have stayed idle since so many batches.
        var spare = 0
        var batches = 0

        /// Takes out what is more than may be kept: four blocks, and nothing if there is nobody left.
        mutating func takeSurplus() -> ArraySlice<PixelMemory> {
            let count = max(0, idle.count - (used == 0 && leases == 0 ? 0 : 4))
            defer { idle.removeFirst(count) }
            return idle.prefix(count)
        }

        /// Takes out the smallest block that has room for so many bytes, if one fits well enough.
        mutating func takeBlock(_ count: Int) -> PixelMemory? {
            var best: Int?
            for place in idle.indices {
                let size = unsafe idle[place].bytes.count
                guard size >= count, size / 2 <= count else { continue }
                if let best, unsafe idle[best].bytes.count < size { continue }
                best = place
            }
            defer { spare = min(spare, idle.count) }
            return best.map { idle.remove(at: $0) }
        }

        /// Of every sixteen batches, takes out what none of them needed.
        mutating func takeSpare() -> ArraySlice<PixelMemory> {
            spare = min(spare, idle.count)
            batches += 1
            guard batches % 16 == 0 else { return [] }
            defer { spare = idle.count }
            defer { idle.removeFirst(spare) }
            return idle.prefix(spare)
        }
    }

    private let state = ConditionLock(State())

    /// Memory for so many bytes or more, or `nil` if there is none.
    func take(_ count: Int) -> PixelMemory? {
        let reused = state.update { state in
            state.used += 1
            return state.takeBlock(count)
        }
        if let memory = reused ?? PixelMemory(count) { return memory }
        state.update { $0.used -= 1 }
        return nil
    }

    func put(_ memory: PixelMemory) {
        let surplus = state.update { state in
            state.used -= 1
            let spare = state.takeSpare()
            state.idle.append(memory)
            return spare + state.takeSurplus()
        }
        surplus.forEach { $0.release() }
    }

    /// Keeps blocks for who holds it, even while no batch uses any: a consumer that is faster than
    /// the loader has given each back before the next is begun.
    final class Lease: Sendable {
        private let pool: PixelPool

        init(_ pool: PixelPool) {
            self.pool = pool
            pool.state.update { $0.leases += 1 }
        }

        deinit {
            let surplus = pool.state.update { state in
                state.leases -= 1
                return state.takeSurplus()
            }
            surplus.forEach { $0.release() }
        }
    }
}
