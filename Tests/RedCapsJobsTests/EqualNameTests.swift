import RedCapsBase
import RedCapsJobs
import RedCapsTar
import TestSupport
import Testing

@Suite("Packing of tars whose names begin anew in each")
struct EqualNameTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func write(_ tar: String, _ names: [String]) throws {
        try folder.write(
            tar,
            names.flatMap { name in
                let text = "\(name) of \(tar)"
                return tarHeader(name, size: text.utf8.count) + tarBody(text)
            } + tarEnd)
    }

    @Test("Each keeps its samples, below its name")
    func belowShardNames() throws {
        for tar in ["data_0", "data_1", "data_2"] {
            try write("old/\(tar).tar", (0..<4).flatMap { ["./\($0).jpg", "\($0).json"] })
        }
        let report = try Packing.pack(
            folder["old/data_0.tar"], folder["old/data_1.tar"], folder["old/data_2.tar"],
            into: folder["raw"])
        #expect((report.samples, report.files, report.listed) == (12, 24, 12))
        #expect((report.replaced, report.belowShardNames) == (0, 24))
        let pairs = try listedPairs(folder["raw/data.json"])
        #expect(pairs.first == ["data_0/0.jpg", "data_0/0.json"])
        let store = TarShardStore(try TarIndex(folder: folder["raw"]))
        for pair in pairs {
            let parts = pair[0].split(separator: "/")
            let text = try store.text(pair[0])
            #expect(text.hasSuffix("\(parts[1]) of old/\(parts[0]).tar"))
        }
        #expect(
            try Packing.pack(
                folder["old/data_0.tar"], folder["old/data_1.tar"], folder["old/data_2.tar"],
                into: folder["raw"]
            ).kept == 1)
    }

    @Test("So do samples that share a number and no file's name")
    func otherSuffixes() throws {
        try write("a.tar", ["0.jpg", "0.json"])
        try write("b.tar", ["0.png", "0.txt"])
        let report = try Packing.pack(folder["a.tar"], folder["b.tar"], into: folder["raw"])
        #expect((report.samples, report.listed, report.belowShardNames) == (2, 2, 4))
    }

    @Test("Images in one tar and their captions in another stay samples")
    func separateCaptions() throws {
        try write("images.tar", ["0.jpg", "1.jpg"])
        try write("captions.tar", ["0.json", "1.json"])
        let report = try Packing.pack(
            folder["images.tar"], folder["captions.tar"], into: folder["raw"])
        #expect((report.samples, report.listed, report.belowShardNames) == (2, 2, 0))
        #expect(try listedPairs(folder["raw/data.json"])[0] == ["0.jpg", "0.json"])
    }

    @Test("Names with a folder replace one another, as when unpacked, and are counted")
    func foldersReplace() throws {
        try write("a.tar", ["f/0.jpg", "f/0.json", "g/0.jpg"])
        try write("b.tar", ["f/0.jpg", "f/0.json"])
        let report = try Packing.pack(folder["a.tar"], folder["b.tar"], into: folder["raw"])
        #expect((report.files, report.replaced, report.belowShardNames) == (3, 2, 0))
    }

    @Test("Two tars of one name are refused, for nobody could tell their samples apart")
    func sameStem() throws {
        try write("x/0.tar", ["0.jpg", "0.json"])
        try write("y/0.tar", ["0.jpg", "0.json"])
        let error = #expect(throws: StoreError.self) {
            try Packing.pack(folder["x/0.tar"], folder["y/0.tar"], into: folder["raw"])
        }
        #expect(error?.code == .occupied)
        #expect(error?.file == folder["y/0.tar"])
        #expect(error?.reason.contains(folder["x/0.tar"]) == true)
    }

    @Test("Archives that were joined are packed whole, and what is lost of any tar is told of all")
    func ends() throws {
        let (first, second) = (tarBytes(["a/0.jpg": "0"]), tarBytes(["a/1.jpg": "1"]))
        try folder.write("joined.tar", first + second)
        let report = try Packing.pack(folder["joined.tar"], into: folder["raw"])
        #expect(report.files == 2)
        #expect(report.warnings.map(\.byteOffset) == [2048])
        for name in ["junk", "more"] { try folder.write("\(name).tar", first + Array(name.utf8)) }
        let error = #expect(throws: StoreError.self) {
            try Packing.pack(
                folder["joined.tar"], folder["junk.tar"], folder["more.tar"], into: folder["none"])
        }
        #expect(error?.file == folder["junk.tar"])
        #expect(error?.reason.contains(folder["more.tar"]) == true)
        // Behind what was compressed, other bytes that no program of that format reads.
        guard let gzip = findProgram("gzip") else { return }
        try folder.write("z.tar", first)
        #expect(try run(gzip, [folder["z.tar"]]).status == 0)
        try folder.write("z.tar.gz", try folder.bytes("z.tar.gz") + Array("junk".utf8))
        let lost = #expect(throws: StoreError.self) {
            try Packing.pack(folder["z.tar.gz"], into: folder["none"])
        }
        #expect(lost?.reason.hasPrefix("4 bytes are lost") == true)
    }
}
