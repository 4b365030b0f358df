import RedCapsBase
import RedCapsLoading
import RedCapsTar

/// Memory of a batch that another library takes over, with the closure that gives it back: what
/// MLX's `MLXArray(rawPointer:_:dtype:finalizer:)` and DLPack's `deleter` want.
///
/// The memory stays valid until `release` is called or the last copy of that closure is gone,
/// whatever becomes of the batch. Nobody else writes to it; whoever writes to it must hold the only
/// copy of the batch.
@safe public struct MemoryTransfer: @unchecked Sendable {
    // @unchecked Sendable: the address is of memory that `release` keeps alive; what is done with it
    // is marked unsafe where it is done.

    /// Where the memory begins; aligned for its type.
    public let address: UnsafeMutableRawPointer
    /// How many bytes it has.
    public let byteCount: Int
    /// Gives the memory back. A second call does nothing.
    public let release: @Sendable () -> Void

    private init(
        _ bytes: UnsafeMutableRawBufferPointer, count: Int, owner: any AnyObject & Sendable
    ) {
        // Both owners allocate a byte at least, so there is an address even for an empty batch.
        unsafe address = bytes.baseAddress ?? .allocate(byteCount: 1, alignment: 64)
        byteCount = count
        let lease = ConditionLock<(any AnyObject & Sendable)?>(owner)
        release = {
            // The owner goes outside the lock.
            _ = lease.update { owner in
                defer { owner = nil }
                return owner
            }
        }
    }

    init(_ storage: PixelStorage, count: Int) {
        let bytes = unsafe storage.images(0..<count)
        unsafe self.init(bytes, count: bytes.count, owner: storage)
    }

    /// A copy of an array's elements.
    init<Element: BitwiseCopyable & Sendable>(_ elements: [Element]) {
        let copy = OwnedCopy(elements)
        unsafe self.init(
            copy.bytes, count: elements.count * MemoryLayout<Element>.stride, owner: copy)
    }
}

/// A copy of elements in memory of their own.
///
/// @unchecked Sendable: it is written once, before anybody else has it.
@safe private final class OwnedCopy: @unchecked Sendable {
    let bytes: UnsafeMutableRawBufferPointer

    init<Element: BitwiseCopyable>(_ elements: [Element]) {
        unsafe bytes = .allocate(
            byteCount: max(1, elements.count * MemoryLayout<Element>.stride), alignment: 64)
        unsafe elements.withUnsafeBytes { unsafe bytes.copyMemory(from: $0) }
    }

    deinit { unsafe bytes.deallocate() }
}

extension PixelTensor {
    /// Hands the memory of all channels over, without a copy.
    public consuming func transfer() -> MemoryTransfer { MemoryTransfer(storage, count: count) }
}

extension CaptionBatch {
    /// Hands a copy of the ids over: B × `sequenceLength` of `Int64`.
    public func transferInputIDs() -> MemoryTransfer { MemoryTransfer(inputIDs) }

    /// Hands a copy of the attention mask over: B × `sequenceLength` of one byte, 0 or 1.
    public func transferAttentionMask() -> MemoryTransfer {
        MemoryTransfer(attentionMask.map { $0 ? UInt8(1) : 0 })
    }

    /// The ids for libraries that want 32 bits.
    /// - Throws: `LoaderError` for an id that doesn't fit.
    public func int32InputIDs() throws(LoaderError) -> [Int32] {
        var ids: [Int32] = []
        ids.reserveCapacity(inputIDs.count)
        for id in inputIDs {
            guard let small = Int32(exactly: id) else {
                throw LoaderError("the id \(id) doesn't fit 32 bits")
            }
            ids.append(small)
        }
        return ids
    }
}
