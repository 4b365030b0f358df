import TestSupport
import RedCapsLoading
import RedCapsCore
import Synchronization
import Testing

@Suite("Reading ahead")
struct ReadAheadTests {
    private func slow(limit: Int = 3, bytes: Int = 1000) -> ReadAhead<String> {
        var reads = ReadAhead<String>(limit: limit, byteLimit: bytes)
        for _ in 0..<100 { reads.learn(nanoseconds: 10_000_000) }
        return reads
    }

    @Test("While reads are quick nobody reads ahead, and it begins and ends with slow ones")
    func adapts() {
        var reads = ReadAhead<String>(limit: 4, byteLimit: 1000)
        for _ in 0..<50 { reads.learn(nanoseconds: 30_000) }
        #expect(!reads.isNeeded)
        #expect(reads.sampleToRead(from: 0) == nil)
        #expect(reads.mayDecode(0))
        for _ in 0..<50 { reads.learn(nanoseconds: 5_000_000) }
        #expect(reads.isNeeded)
        for _ in 0..<200 { reads.learn(nanoseconds: 30_000) }
        #expect(!reads.isNeeded)
    }

    @Test("Reads in flight, and bytes that wait, are bounded")
    func bounds() {
        var reads = slow()
        for sample in 0..<3 {
            #expect(reads.sampleToRead(from: 0) == sample)
            #expect(reads.begin(sample) == nil)
        }
        #expect(reads.sampleToRead(from: 0) == nil)
        reads.finish(1, "one", bytes: 600)
        #expect(reads.sampleToRead(from: 0) == 3)
        reads.finish(0, "zero", bytes: 600)
        #expect(reads.sampleToRead(from: 0) == nil)
        #expect(reads.take(0) == "zero")
        #expect(reads.sampleToRead(from: 0) == 3)
    }

    @Test("A decoder takes what is read, not what is being read, and hands the memory back")
    func decoding() {
        var reads = slow()
        _ = reads.begin(5)
        #expect(!reads.mayDecode(5))
        #expect(reads.mayDecode(4))  // was passed over: nobody else will read it
        #expect(!reads.mayDecode(6))  // will be read
        reads.finish(5, "five", bytes: 1)
        #expect(reads.mayDecode(5))
        #expect(reads.take(5) == "five")
        reads.recycle("five")
        #expect(reads.begin(6) == "five")
    }

    @Test("Without threads to read, the decoders read")
    func givenUp() {
        var reads = slow()
        _ = reads.begin(0)
        reads.disable()
        #expect(reads.mayDecode(0) && reads.mayDecode(7))
        for _ in 0..<100 { reads.learn(nanoseconds: 10_000_000) }
        #expect(!reads.isNeeded)
    }

    @Test("From a slow store several samples are read at a time, and come as from a quick one")
    func slowStore() throws {
        func load(_ dataset: CaptionDataset, readsInFlight: Int) throws -> [[Float]] {
            var options = LoaderOptions(
                batchSize: 5, sampler: .infinite(seed: 2), workers: 2, batchLimit: 30)
            options.readsInFlight = readsInFlight
            return try DataLoader(dataset, options).results.flatMap { result in
                let batch = try result.get()
                return try (0..<batch.count).map { try batch.pixelValues[$0] }
            }
        }
        let quick = try load(try Samples.dataset(40, broken: [3, 8]), readsInFlight: 16)
        var store: TroubledStore?
        let dataset = try Samples.dataset(40, broken: [3, 8]) {
            let troubled = TroubledStore($0, microseconds: 2000)
            store = troubled
            return troubled
        }
        #expect(try load(dataset, readsInFlight: 6) == quick)
        let most = try #require(store).mostInFlight.load(ordering: .relaxed)
        #expect((4...8).contains(most))  // six readers, and two decoders at the beginning
    }
}

@Suite("Percentiles of waits")
struct LatencyHistogramTests {
    @Test("They are within an eighth of the true ones")
    func percentiles() {
        var histogram = LatencyHistogram()
        #expect(histogram.percentile(0.5) == .zero)
        for number in 1...10_000 { histogram.add(nanoseconds: UInt64(number) * 1000) }
        for share in [0.01, 0.5, 0.95, 0.99, 1] {
            let found = histogram.percentile(share) / .nanoseconds(1)
            #expect((share * 1e7)...(share * 1e7 * 1.126) ~= found)
        }
        histogram.add(nanoseconds: .max)
        #expect(histogram.percentile(1) >= .seconds(1_000_000))
    }
}

@Suite("Memory handed over")
struct MemoryTransferTests {
    @Test("It outlives its batch, holds what that held, and is given back once")
    func transfer() throws {
        let dataset = try Samples.dataset(4)
        let options = LoaderOptions(batchSize: 4, sampler: .sequential)
        let (floats, pixels, ids, mask) = try {
            let batch = try #require(
                try DataLoader(dataset, options).results.map { try $0.get() }.first)
            let floats = try (0..<4).flatMap { try batch.pixelValues[$0] }
            #expect(try batch.int32InputIDs().map(Int64.init) == batch.inputIDs)
            let ids = batch.transferInputIDs()
            let copy = UnsafeRawBufferPointer(start: ids.address, count: ids.byteCount)
            #expect(Array(copy.bindMemory(to: Int64.self)) == batch.inputIDs)
            return (floats, batch.pixelValues.transfer(), ids, batch.transferAttentionMask())
        }()
        #expect(pixels.byteCount == 4 * floats.count)
        let kept = UnsafeRawBufferPointer(start: pixels.address, count: pixels.byteCount)
        #expect(Array(kept.bindMemory(to: Float.self)) == floats)
        #expect(mask.byteCount * 8 == ids.byteCount)
        for transfer in [pixels, ids, mask] {
            transfer.release()
            transfer.release()
        }
    }
}
