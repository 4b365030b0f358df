import RedCapsBase
import RedCapsImage
import RedCapsLoading
import RedCapsTar
import RedCapsTokenizers
import Foundation
import Logging
import RedCapsCore
import Synchronization
import TestSupport
import Testing

// What a program brings: the types of the examples of `Docs/Embedding.md`.

struct Lines: Dataset {
    struct Empty: Error {}
    let lines: [String]
    var count: Int { lines.count }

    func load(
        _ index: Int, draws: inout some SampleDraws, into storage: Void, slot: Int, workspace: Void
    ) throws -> String {
        guard !lines[index].isEmpty else { throw Empty() }
        return draws.unitInterval() < 0.5 ? lines[index] : lines[index].uppercased()
    }
}

/// Photographs of two shapes, the wide ones first: batches of 96×64 or of 64×96 pixels.
struct Photographs: Dataset {
    let files: [[UInt8]]
    let wide: Int
    var count: Int { files.count }

    func makeWorkspace(probe: LoadingProbe) throws -> ImageReader { try ImageReader() }

    func makeStorage(for batch: PlannedBatch) throws -> PixelStorage {
        let isWide = batch.indices.allSatisfy { $0 < wide }
        return try PixelStorage(
            slots: batch.slots, width: isWide ? 96 : 64, height: isWide ? 64 : 96)
    }

    func load(
        _ index: Int, draws: inout some SampleDraws, into storage: PixelStorage, slot: Int,
        workspace: ImageReader
    ) throws -> Int {
        let file = files[index]
        try storage.withSlot(slot) { pixels in
            try workspace.read(
                file.span, width: storage.width, height: storage.height, into: &pixels
            ) { header in
                .init(region: PixelRegion(x: 0, y: 0, width: header.width, height: header.height))
            }
        }
        return index
    }

    func collate(
        _ samples: [LoadedSample<Int>], in storage: PixelStorage, context: BatchContext
    ) -> PixelTensor {
        PixelTensor(storage, of: samples)
    }
}

/// Wide and tall batches in turn, each in the order of the list.
struct OneShape: Sampler {
    let batchSize: Int
    let wide: Int
    var identity: String { "oneShape:v1:\(batchSize):\(wide)" }

    func length(over layout: DatasetLayout) -> Int? { nil }

    func makeBatchCursor(
        at position: Int, shardIndex: Int, shardCount: Int, over layout: DatasetLayout
    ) -> any BatchCursor {
        Batches(sampler: self, count: layout.count, shardIndex: shardIndex)
    }

    func makeCursor(
        at position: Int, shardIndex: Int, shardCount: Int, over layout: DatasetLayout
    ) -> some IteratorProtocol<Int> & Sendable {
        BatchedSamples(
            makeBatchCursor(
                at: position, shardIndex: shardIndex, shardCount: shardCount, over: layout),
            batchSize: batchSize, at: position, shardIndex: shardIndex, shardCount: shardCount)
    }

    struct Batches: BatchCursor {
        let sampler: OneShape
        let count: Int
        let shardIndex: Int

        func indices(at positions: BatchPositions) -> [Int] {
            // The batches of all ranks in a row, whatever the number of ranks.
            let batch = (positions.start - shardIndex) / sampler.batchSize + shardIndex
            let group = batch.isMultiple(of: 2) ? 0..<sampler.wide : sampler.wide..<count
            let first = batch / 2 * sampler.batchSize
            return (first..<(first + positions.count)).map {
                group.lowerBound + $0 % group.count
            }
        }
    }
}

/// The first few samples again and again, to see whether a model can learn them by heart.
struct Overfitting: PureSampler {
    let samples: Int
    var identity: String { "overfitting:v1:\(samples)" }

    func length(over layout: DatasetLayout) -> Int? { nil }

    func index(at position: Int, over layout: DatasetLayout) -> Int {
        position % min(samples, layout.count)
    }
}

/// Portable pixmaps: "P6", the width, the height and 255, with white space between, then the pixels.
let pixmaps = ClosureImageDecoder("PPM") { bytes in
    let file = bytes.withUnsafeBufferPointer { Array($0) }
    let parts = file.split(maxSplits: 4) { $0 == 0x20 || $0 == 0x0A }
    guard parts.count == 5, parts[0].elementsEqual("P6".utf8) else { return nil }
    let numbers = parts[1...3].map { Int(String(decoding: $0, as: UTF8.self)) ?? 0 }
    guard numbers[2] == 255 else { throw ImageError(.unsupported, "\(numbers[2]) levels") }
    return try PixelBuffer(width: numbers[0], height: numbers[1], pixels: Array(parts[4]))
}

/// Objects under a common prefix of their keys.
struct Bucket: FileStore {
    let prefix: String
    let download: @Sendable (String) throws -> [UInt8]

    func locate(_ path: String) throws(StoreError) -> FileLocation {
        FileLocation(key: prefix + path)
    }

    func read(_ location: FileLocation, into buffer: inout ReadBuffer) throws(StoreError) {
        let key = location.key ?? ""
        do { buffer.copy(try download(key)) } catch {
            throw StoreError(.system, file: key, reason: "\(error)", systemError: EIO)
        }
    }
}
