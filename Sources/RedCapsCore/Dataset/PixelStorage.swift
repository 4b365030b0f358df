import RedCapsImage
import RedCapsBase

/// Memory for the images of one batch, written slot by slot from several threads.
///
/// @unchecked Sendable: the loader gives each slot to one thread only, and hands the storage on
/// through its lock when all of them are done; from then on it is only read, through `PixelTensor`.
@safe public final class PixelStorage: @unchecked Sendable {
    /// How many images it holds.
    public let slots: Int
    let imageSize: Int
    let format: PixelFormat
    private let memory: PixelMemory
    private let pool: PixelPool?

    /// - Throws: `ImageError` with `noMemory`.
    init(
        slots: Int, imageSize: Int, format: PixelFormat = PixelFormat(), pool: PixelPool? = nil
    ) throws(ImageError) {
        self.slots = slots
        self.imageSize = imageSize
        self.format = format
        self.pool = pool
        let (size, overflow) = slots.multipliedReportingOverflow(
            by: format.byteCount(imageSize: imageSize))
        guard slots >= 0 else {
            throw ImageError(.badRequest, "a batch of \(slots) images")
        }
        guard !overflow, let memory = pool.map({ $0.take(size) }) ?? PixelMemory(size) else {
            throw ImageError(
                .noMemory,
                "no memory for a batch of \(slots) images of \(imageSize)²"
                    + (overflow ? "" : ", \(size) bytes"))
        }
        self.memory = memory
    }

    deinit {
        if let pool { pool.put(memory) } else { memory.release() }
    }

    /// Lends one image's memory for writing.
    func withSlot<Result, Failure: Error>(
        _ slot: Int, _ body: (inout MutableRawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let image = unsafe images(slot..<(slot + 1))
        var span = unsafe image.mutableBytes
        return try body(&span)
    }

    /// Copies one image's memory to an earlier slot.
    func move(_ slot: Int, to other: Int) {
        unsafe images(other..<(other + 1)).copyMemory(
            from: UnsafeRawBufferPointer(images(slot..<(slot + 1))))
    }

    /// The memory of some images.
    func images(_ range: Range<Int>) -> UnsafeMutableRawBufferPointer {
        precondition(0 <= range.lowerBound && range.upperBound <= slots, "\(range) of \(slots)")
        let size = format.byteCount(imageSize: imageSize)
        return unsafe UnsafeMutableRawBufferPointer(
            rebasing: memory.bytes[(range.lowerBound * size)..<(range.upperBound * size)])
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
/// cost a good part of the time that it takes to decode it. What nobody has needed for a while goes
/// back to the system, as does all of it when the last batch is done with.
final class PixelPool: Sendable {
    private struct State {
        var idle: [PixelMemory] = []
        var used = 0
        /// How many blocks have stayed idle since so many batches.
        var spare = 0
        var batches = 0

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

    /// Memory for so many bytes, or `nil` if there is none.
    func take(_ count: Int) -> PixelMemory? {
        let reused = state.update { state in
            state.used += 1
            let reused = state.idle.lastIndex { unsafe $0.bytes.count == count }
                .map { state.idle.remove(at: $0) }
            state.spare = min(state.spare, state.idle.count)
            return reused
        }
        if let memory = reused ?? PixelMemory(count) { return memory }
        state.update { $0.used -= 1 }
        return nil
    }

    func put(_ memory: PixelMemory) {
        let surplus = state.update { state in
            state.used -= 1
            // Of another size than what comes back now, it is of no use any more.
            var surplus = state.idle.filter { unsafe $0.bytes.count != memory.bytes.count }
            state.idle.removeAll { unsafe $0.bytes.count != memory.bytes.count }
            surplus += state.takeSpare()
            state.idle.append(memory)
            if state.used == 0 || state.idle.count > 4 {
                surplus += state.idle
                state.idle.removeAll()
            }
            return surplus
        }
        surplus.forEach { $0.release() }
    }
}
