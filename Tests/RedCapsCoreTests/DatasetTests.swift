import RedCapsBase
import RedCapsImage
import RedCapsTar
import Foundation
import RedCapsCore
import TestSupport
import Testing

@Suite("A caption data set")
struct DatasetTests {
    /// A data set of one sample, with an image and an annotation of choice.
    private func single(
        image: String? = "wide_420", annotation: String? = #"{"re_caption": "a cat"}"#,
        entry: (String, String) = ("0/x.jpg", "0/x.json"), dropout: Double = 0,
        _ imageOptions: ImageOptions = ImageOptions()
    ) throws -> CaptionDataset {
        var files: [String: [UInt8]] = [:]
        if let image { files["0/x.jpg"] = try Fixture.bytes("jpegs/\(image).jpg") }
        if let annotation { files["0/x.json"] = Array(annotation.utf8) }
        let store = try MemoryStore(files)
        return try CaptionDataset(
            Samples.configuration(imageSize: 32, captionDropout: dropout),
            manifest: Manifest([entry]), images: store, annotations: store,
            imageOptions: imageOptions)
    }

    private func failure(_ dataset: CaptionDataset) -> SampleError? {
        #expect(throws: SampleError.self) { try dataset.sample(at: 0) }
    }

    @Test("Options choose the square in the middle, mirror it, and change the format of a batch")
    func imageOptions() throws {
        let plain = try single().sample(at: 0, seed: 3)
        let options = ImageOptions(
            format: PixelFormat(.uint8, .channelsLast), crop: .center, mirrorProbability: 1)
        let (sample, pixels) = try single(options).sample(at: 0, seed: 3)
        #expect(sample.crop == PixelRegion(x: 17, y: 0, width: 97, height: 97))
        #expect(sample.isMirrored)
        #expect(!plain.sample.isMirrored)
        #expect(sample.inputIDs == plain.sample.inputIDs)
        #expect(pixels.format == options.format)
        #expect(pixels.shape == [1, 32, 32, 3])
        #expect(pixels.withBytes { $0.byteCount } == 32 * 32 * 3)
        let refusal = ImageError(
            .badRequest,
            "the pixels are uint8, not float32; withBytes lends them whatever their type")
        #expect(throws: refusal) { try pixels.withSpan { $0.count } }
        #expect(throws: refusal) { try pixels[0] }
        // Neither option changes what else is drawn.
        let usual = try single(dropout: 0.5)
        let other = try single(dropout: 0.5, ImageOptions(crop: .center, mirrorProbability: 0.3))
        var mirrored = 0
        for position in 0..<200 {
            let sample = try other.sample(at: 0, position: position).sample
            mirrored += sample.isMirrored ? 1 : 0
            #expect(
                try sample.isDropped == usual.sample(at: 0, position: position).sample.isDropped)
        }
        #expect((35..<85).contains(mirrored))
    }

    @Test("A sample tells its file, size, crop and caption, and has floats in -1 ... 1")
    func sample() throws {
        let (sample, pixels) = try single().sample(at: 0, seed: 3)
        #expect(sample.imageFile == "0/x.jpg")
        #expect(sample.imageFolder == "raw")
        #expect(sample.sourceSize == (131, 97))
        #expect(sample.crop.y == 0 && sample.crop.width == 97 && sample.crop.height == 97)
        #expect((0...34).contains(sample.crop.x))
        #expect(sample.caption == "a cat")
        #expect(!sample.isDropped)
        #expect(sample.type == "text2image")
        let prompt =
            "<|im_start|>user\nGenerate an image: a cat<|im_end|>\n<|im_start|>assistant\n<img>"
        #expect(sample.inputIDs == Array((prompt.utf8.map { Int($0) + 3 } + [1]).prefix(80)))
        #expect(pixels.shape == [1, 3, 32, 32])
        #expect(try pixels[0].allSatisfy { (-1...1).contains($0) })
        #expect(try Set(pixels[0]).count > 50)
    }

    @Test("A sample is a function of seed and position")
    func pure() throws {
        let dataset = try Samples.dataset(5)
        for position in 0..<20 {
            let first = try dataset.sample(at: 1, seed: 8, position: position)
            let again = try dataset.sample(at: 1, seed: 8, position: position)
            #expect(first.sample == again.sample)
            #expect(try first.pixelValues[0] == again.pixelValues[0])
        }
        let crops = try (0..<20).map {
            try dataset.sample(at: 1, seed: 8, position: $0).sample.crop
        }
        #expect(Set(crops).count > 8)
    }

    @Test("Samples can be loaded from many threads at once")
    func threads() throws {
        let dataset = try Samples.dataset(10)
        let alone = try (0..<10).map { try dataset.sample(at: $0) }
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            for round in 0..<20 {
                let index = (thread + round) % 10
                guard let (sample, pixels) = try? dataset.sample(at: index) else {
                    Issue.record("sample \(index) can't be loaded")
                    return
                }
                #expect(sample == alone[index].sample)
                let floats = try? pixels[0]
                #expect(floats != nil)
                #expect(floats == (try? alone[index].pixelValues[0]))
            }
        }
    }

    @Test("A dropped caption gives the unconditional prompt, and may be anything")
    func dropped() throws {
        for annotation in [
            #"{"re_caption": "a cat"}"#, #"{"re_caption": 5}"#, #"{"re_caption": "\ud800"}"#,
        ] {
            let sample = try single(annotation: annotation, dropout: 1).sample(at: 0).sample
            #expect(sample.isDropped)
            let text = String(
                decoding: sample.inputIDs.dropLast().map { UInt8($0 - 3) }, as: UTF8.self)
            #expect(text.hasPrefix("<|im_start|>user\nGenerate an image.<|im_end|>\n"))
        }
    }

    @Test("About the configured share of captions is dropped")
    func share() throws {
        let dataset = try single(dropout: 0.25)
        let dropped = try (0..<400).count {
            try dataset.sample(at: 0, seed: 1, position: $0).sample.isDropped
        }
        #expect((70...130).contains(dropped))
    }

    @Test("An annotation without the key is told with the keys that it has")
    func wrongKey() throws {
        let error = try failure(single(annotation: #"{"caption": "x", "url": "y", "n": 1}"#))
        #expect(error?.stage == .annotation)
        #expect(
            error.map { "\($0)" }
                == "sample 0, annotation 0/x.json: no key \"re_caption\" (cap_source); it has \"caption\", \"url\", \"n\""
        )
    }

    @Test("Keys are compared code point by code point")
    func keySpelling() throws {
        let store = try MemoryStore([
            "x.jpg": Fixture.bytes("jpegs/square.jpg"),
            "x.json": Array("{\"e\u{301}\": \"decomposed\", \"n\": 1}".utf8),
        ])
        var configuration = try Samples.configuration(imageSize: 8, captionDropout: 0)
        configuration.captionFormat = .json(key: "\u{E9}")
        let dataset = try CaptionDataset(
            configuration, manifest: Manifest([("x.jpg", "x.json")]), images: store,
            annotations: store)
        #expect(failure(dataset)?.stage == .annotation)
    }

    @Test(
        "Whatever is wrong with a sample is told with the stage and the file",
        arguments: [
            ("wide_420", nil, SampleError.Stage.annotation, "0/x.json", "no such file"),
            (nil, "{}", .image, "0/x.jpg", "no such file"),
            ("cut_base_half", "{}", .image, "0/x.jpg", "ends before the image does"),
            ("text", "{}", .image, "0/x.jpg", "no image that is decoded"),
            ("size_81x80", "{}", .image, "0/x.jpg", "81×80 pixels: both edges must exceed 80"),
            ("size_80x200", "{}", .image, "0/x.jpg", "80×200 pixels: both edges must exceed 80"),
            (
                "size_81x810", "{}", .image, "0/x.jpg",
                "81×810 pixels: one edge is ten times the other"
            ),
            (
                "size_810x81", "{}", .image, "0/x.jpg",
                "810×81 pixels: one edge is ten times the other"
            ),
            ("wide_420", "{", .annotation, "0/x.json", "not valid JSON at byte 1"),
            ("wide_420", "[]", .annotation, "0/x.json", "not an object"),
            ("wide_420", "", .annotation, "0/x.json", "a value is missing"),
            ("wide_420", #"{"re_caption": 5}"#, .text, "0/x.json", "the caption is 5, not text"),
            ("wide_420", #"{"re_caption": "\ud800"}"#, .text, "0/x.json", "a lone surrogate"),
        ] as [(String?, String?, SampleError.Stage, String, String)])
    func failures(
        image: String?, annotation: String?, stage: SampleError.Stage, path: String, words: String
    ) throws {
        let error = try failure(single(image: image, annotation: annotation))
        #expect(error?.index == 0)
        #expect(error?.stage == stage)
        #expect(error?.path == path)
        #expect(error.map { "\($0)" }?.contains(words) == true, "\(String(describing: error))")
    }

    @Test("The sizes at the border are accepted")
    func borderSizes() throws {
        for image in ["size_81x809", "size_809x81", "tiny_81"] {
            #expect(throws: Never.self) { try single(image: image).sample(at: 0) }
        }
    }

    @Test("A path that leads out of the folder fails when it is used")
    func unsafePath() throws {
        let error = try failure(single(entry: ("../x.jpg", "0/x.json")))
        #expect((error?.cause as? StoreError)?.code == .unsafePath)
    }

    @Test("An index outside the list is an error")
    func outside() throws {
        let dataset = try Samples.dataset(3)
        for index in [-1, 3, .max] {
            #expect(throws: SampleError.self) { try dataset.sample(at: index) }
        }
    }

    @Test("In debug mode every index is sample 0")
    func debug() throws {
        var configuration = try Samples.configuration(imageSize: 24)
        configuration.python.alwaysLoadsFirst = true
        let store = try MemoryStore([
            "0.jpg": Fixture.bytes("jpegs/square.jpg"),
            "0.json": Array(#"{"re_caption": "x"}"#.utf8),
        ])
        let dataset = try CaptionDataset(
            configuration, manifest: Manifest([("0.jpg", "0.json"), ("1.jpg", "1.json")]),
            images: store, annotations: store)
        #expect(try dataset.sample(at: 1).sample.index == 0)
    }

    @Test("Without paths a configuration is for stores, and can't be opened")
    func withoutPaths() throws {
        let configuration = CaptionDatasetConfiguration(
            imageSize: 24, promptTemplate: .internVL3, tokenizer: .bytes)
        let store = try MemoryStore([
            "0.jpg": Fixture.bytes("jpegs/square.jpg"), "0.json": Array(#"{"caption": "x"}"#.utf8),
        ])
        let dataset = try CaptionDataset(
            configuration, manifest: Manifest([("0.jpg", "0.json")]), images: store,
            annotations: store)
        #expect(try dataset.sample(at: 0).sample.caption == "x")
        let error = #expect(throws: ConfigurationError.self) {
            try CaptionDataset(configuration, root: "/nowhere")
        }
        #expect(error?.keyPath == "data_path")
    }

    @Test("A list without samples, or no tokenizer, makes no data set")
    func unusable() throws {
        let store = try MemoryStore([:])
        var configuration = try Samples.configuration(imageSize: 24)
        let empty = #expect(throws: ConfigurationError.self) {
            try CaptionDataset(
                configuration, manifest: Manifest([]), images: store, annotations: store)
        }
        #expect(empty?.keyPath == "data_path")
        configuration.tokenizer = nil
        let silent = #expect(throws: ConfigurationError.self) {
            try CaptionDataset(
                configuration, manifest: Manifest([("a", "b")]), images: store, annotations: store)
        }
        #expect(silent?.keyPath == "tokenizer")
    }
}

@Suite("The list of samples")
struct ManifestTests {
    @Test("A list is read in order, other keys and spaces are of no account")
    func list() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(
            "list.json",
            "[ {\"image\": \"a/ü.jpg\", \"annotation\": \"a/1.json\", \"x\": [1, {}]} ,\n"
                + "{\"annotation\": \"a/2.json\", \"image\": \"a/2.jpg\", \"image\": \"a/3.jpg\"}]\n"
        )
        let manifest = try Manifest(path: path)
        #expect(manifest.count == 2)
        #expect((0..<2).map(manifest.image) == ["a/ü.jpg", "a/3.jpg"])
        #expect((0..<2).map(manifest.annotation) == ["a/1.json", "a/2.json"])
    }

    @Test(
        "A folder's lists follow one another in the order of their names; other files don't count")
    func folder() throws {
        let folder = try TemporaryFolder()
        for (name, image) in [("b.json", "2"), ("a.json", "1"), ("c.txt", "3"), ("10.json", "0")] {
            try folder.write("lists/\(name)", #"[{"image": "\#(image)", "annotation": "x"}]"#)
        }
        let manifest = try Manifest(path: folder["lists"])
        #expect((0..<manifest.count).map(manifest.image) == ["0", "1", "2"])
        #expect(throws: ManifestError.self) { try Manifest(path: folder.path) }
    }

    @Test(
        "What isn't such a list is told with the file and the byte",
        arguments: [
            ("{}", "not valid JSON at byte 0: expected an array of samples"),
            ("[{]", "not valid JSON at byte 2: expected a string"),
            ("[{}] x", "not valid JSON at byte 5: extra data"), ("", "not valid JSON at byte 0"),
            ("[{\"image\": \"a\", \"annotation\": \"b\"}", "not valid JSON at byte 34"),
        ])
    func malformed(text: String, words: String) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("list.json", text)
        let error = #expect(throws: ManifestError.self) { try Manifest(path: path) }
        #expect(error?.file == path)
        #expect(error?.reason.contains(words) == true, "\(String(describing: error))")
    }

    @Test("A list that isn't there is an error with its path")
    func missing() {
        let error = #expect(throws: StoreError.self) { try Manifest(path: "/nowhere/list.json") }
        #expect(error?.code == .missing)
        #expect(error?.file == "/nowhere/list.json")
    }

    @Test("An entry without a path fails when it is used, not before")
    func brokenEntry() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(
            "list.json",
            #"[{"image": "a.jpg"}, 5, {"image": 1, "annotation": "b"}, {"image": "a.jpg", "annotation": "a.json"}]"#
        )
        let store = try MemoryStore([
            "a.jpg": Fixture.bytes("jpegs/square.jpg"),
            "a.json": Array(#"{"re_caption": "x"}"#.utf8),
        ])
        let dataset = try CaptionDataset(
            Samples.configuration(imageSize: 24), manifest: Manifest(path: path), images: store,
            annotations: store)
        #expect(dataset.count == 4)
        for index in 0..<3 {
            let error = #expect(throws: SampleError.self) { try dataset.sample(at: index) }
            #expect(error?.cause is ManifestError)
        }
        #expect(try dataset.sample(at: 3).sample.imageFile == "a.jpg")
    }
}
