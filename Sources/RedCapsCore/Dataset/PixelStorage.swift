#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Memory for the images of one batch, written slot by slot from several threads.
///
/// @unchecked Sendable: the loader gives each slot to one thread only, and hands the storage on
/// through its lock when all of them are done; from then on it is only read, through `PixelTensor`.
@safe public final class PixelStorage: @unchecked Sendable {
    /// How many images it holds.
    public let slots: Int
    let imageSize: Int
    private let memory: PixelMemory
    private let pool: PixelPool?

    /// - Throws: `ImageError` with `noMemory`.
    init(slots: Int, imageSize: Int, pool: PixelPool? = nil) throws(ImageError) {
        self.slots = slots
        self.imageSize = imageSize
        self.pool = pool
        let (size, overflow) = slots.multipliedReportingOverflow(by: 3 * imageSize * imageSize)
        guard slots >= 0 else {
            throw ImageError(.badRequest, "a batch of \(slots) images")
        }
        guard !overflow, size <= Int.max / 4,
            let memory = pool.map({ $0.take(size) }) ?? PixelMemory(size)
        else {
            throw ImageError(
                .noMemory,
                "no memory for a batch of \(slots) images of \(imageSize)²"
                    + (overflow || size > Int.max / 4 ? "" : ", \(size * 4) bytes"))
        }
        self.memory = memory
    }

    deinit {
        if let pool { pool.put(memory) } else { memory.release() }
    }

    /// Lends one image's floats for writing.
    func withSlot<Result, Failure: Error>(
        _ slot: Int, _ body: (inout MutableSpan<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let image = unsafe images(slot..<(slot + 1))
        var span = unsafe image.mutableSpan
        return try body(&span)
    }

    /// The floats of some images.
    func images(_ range: Range<Int>) -> UnsafeMutableBufferPointer<Float> {
        precondition(0 <= range.lowerBound && range.upperBound <= slots, "\(range) of \(slots)")
        let size = 3 * imageSize * imageSize
        return unsafe UnsafeMutableBufferPointer(
            rebasing: memory.floats[(range.lowerBound * size)..<(range.upperBound * size)])
    }
}

/// A block of floats that whoever holds it owns.
///
/// @unchecked Sendable: it passes from owner to owner under the pool's lock.
@safe struct PixelMemory: @unchecked Sendable {
    let floats: UnsafeMutableBufferPointer<Float>

    /// - Returns: `nil` if there is no memory, which would end the process in Swift's own allocation.
    init?(_ count: Int) {
        guard let block = unsafe malloc(max(1, count) * MemoryLayout<Float>.stride) else {
            return nil
        }
        let start = unsafe block.bindMemory(to: Float.self, capacity: count)
        unsafe floats = UnsafeMutableBufferPointer(start: start, count: count)
    }

    func release() { unsafe free(floats.baseAddress) }
}

/// Memory of batches that are done with, to be used again: fresh pages for a batch of 100 MB would
/// cost a good part of the time that it takes to decode it. When the last batch is done with, all of
/// it goes back to the system.
final class PixelPool: Sendable {
    private struct State {
        var idle: [PixelMemory] = []
        var used = 0
    }

    private let state = Monitor(State())

    /// Memory for so many floats, or `nil` if there is none.
    func take(_ count: Int) -> PixelMemory? {
        let reused = state.update { state in
            state.used += 1
            return state.idle.firstIndex { unsafe $0.floats.count == count }
                .map { state.idle.remove(at: $0) }
        }
        if let memory = reused ?? PixelMemory(count) { return memory }
        state.update { $0.used -= 1 }
        return nil
    }

    func put(_ memory: PixelMemory) {
        let surplus = state.update { state in
            state.used -= 1
            // Of another size than what comes back now, it is of no use any more.
            var surplus = state.idle.filter { unsafe $0.floats.count != memory.floats.count }
            state.idle.removeAll { unsafe $0.floats.count != memory.floats.count }
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
