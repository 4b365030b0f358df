import RedCapsBase
import RedCapsImage
import RedCapsLoading
import RedCapsTar
import Logging
import RedCapsCore
import Synchronization
import TestSupport
import Testing

/// The next element of a sequence that isn't at its end.
private func next<Iterator: IteratorProtocol>(_ iterator: inout Iterator) throws -> Iterator.Element
{
    let element = iterator.next()
    return try #require(element)
}

@Suite("A caption batch")
struct BatchTests {
    private func batch() throws -> CaptionBatch {
        var configuration = try Samples.configuration(imageSize: 24, captionDropout: 0)
        configuration.maximumLength = 200
        let store = try MemoryStore([
            "a.jpg": try Fixture.bytes("jpegs/wide_420.jpg"),
            "long.json": Array(#"{"re_caption": "a rather long caption"}"#.utf8),
            "short.json": Array(#"{"re_caption": "x"}"#.utf8),
        ])
        let captions = try CaptionDataset(
            configuration,
            manifest: Manifest([
                ("a.jpg", "long.json"), ("a.jpg", "short.json"), ("a.jpg", "long.json"),
            ]),
            images: store, annotations: store, padIndex: 9)
        let options = LoaderOptions(batchSize: 3, sampler: .sequential, workers: 2)
        var iterator = try DataLoader(captions, options).results.makeIterator()
        return try next(&iterator).get()
    }

    @Test("Ids are padded on the right to the longest, and the mask tells which are ids")
    func padding() throws {
        let batch = try batch()
        let lengths = batch.samples.map(\.sample.inputIDs.count)
        #expect(batch.count == 3)
        #expect(lengths[0] == lengths[2] && lengths[1] == lengths[0] - 20)
        #expect(batch.sequenceLength == lengths[0])
        #expect(batch.inputIDs.count == 3 * batch.sequenceLength)
        #expect(batch.attentionMask.count == 3 * batch.sequenceLength)
        for row in 0..<3 {
            for column in 0..<batch.sequenceLength {
                let place = row * batch.sequenceLength + column
                let isID = column < lengths[row]
                #expect(batch.attentionMask[place] == isID)
                let id = isID ? batch.samples[row].sample.inputIDs[column] : 9
                #expect(batch.inputIDs[place] == Int64(id))
            }
        }
    }

    @Test("The tensor is one block of B × 3 × S × S floats, as values and as bytes")
    func tensor() throws {
        let tensor = try batch().pixelValues
        #expect(tensor.shape == [3, 3, 24, 24])
        #expect(tensor.count == 3)
        let all = try (0..<3).flatMap { try tensor[$0] }
        try tensor.withSpan { floats in
            #expect(floats.count == 3 * 3 * 24 * 24)
            #expect(floats.indices.allSatisfy { floats[$0] == all[$0] })
        }
        tensor.withUnsafeBytes { bytes in
            #expect(bytes.count == 4 * 3 * 3 * 24 * 24)
            #expect(Array(bytes.bindMemory(to: Float.self)) == all)
        }
    }

    @Test("A batch that is kept keeps its pixels, whatever is loaded after it")
    func kept() throws {
        let dataset = try Samples.dataset(30)
        let options = LoaderOptions(
            batchSize: 2, sampler: .sequential, workers: 2, prefetchBatches: 1)
        let batches = try DataLoader(dataset, options).results.map { try $0.get() }
        let loose = try DataLoader(dataset, options).results.map { try $0.get().pixelValues[1] }
        #expect(try batches.map { try $0.pixelValues[1] } == loose)
        #expect(Set(loose).count > 5)
    }

    @Test("A contact sheet shows every image, and bad numbers are refused")
    func contactSheet() throws {
        let batch = try batch()
        let sheet = try batch.contactSheet(edge: 24)
        #expect((sheet.width, sheet.height) == (2 * 32 + 8, 2 * 32 + 8))
        #expect(try batch.contactSheet(columns: 3, edge: 10).height == 10 + 16)
        for edge in [0, -1, .max] {
            #expect(throws: ImageError.self) { try batch.contactSheet(edge: edge) }
        }
        #expect(try batch.contactSheet(columns: .max, edge: 8).width == 3 * 16 + 8)
    }

    @Test("It looks the same whatever format the batch has")
    func contactSheetOfFormats() throws {
        func sheet(_ format: PixelFormat) throws -> PixelBuffer {
            let loader = try DataLoader(
                Samples.dataset(4, ImageOptions(format: format)),
                LoaderOptions(batchSize: 4, sampler: .sequential))
            let batch = try #require(try loader.results.map { try $0.get() }.first)
            #expect(batch.pixelValues.format == format)
            return try batch.contactSheet(edge: 24)
        }
        let usual = try sheet(PixelFormat())
        for type in PixelType.allCases {
            for layout in PixelLayout.allCases {
                let other = try sheet(PixelFormat(type, layout))
                #expect(other == usual, "\(type) \(layout)")
            }
        }
    }
}
