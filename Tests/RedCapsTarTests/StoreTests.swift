import RedCapsBase
import Foundation
import RedCapsTar
import TestSupport
import Testing

@Suite("File stores")
struct StoreTests {
    private static let files = ["0/a.jpg": "photo", "0/a.json": "{}", "1/b.jpg": ""]

    /// The same files in a tree, in tars and in memory.
    private func stores(_ folder: TemporaryFolder) throws -> [any FileStore] {
        for (name, text) in Self.files { try folder.write("tree/\(name)", text) }
        try folder.write(
            "raw/0.tar", tarBytes(["0/a.jpg": "photo", "0/a.json": "{}"]))
        try folder.write("raw/1.tar", tarBytes(["b.jpg": ""]))
        let memory = try MemoryStore(Self.files.mapValues { Array($0.utf8) })
        return [
            FolderStore(folder["tree"]), TarShardStore(try TarIndex(folder: folder["raw"])),
            memory, try DatasetFolder(folder["tree"]), try DatasetFolder(folder["raw"]),
            LayeredStore([try MemoryStore([:]), LayeredStore([try MemoryStore([:]), memory])]),
        ]
    }

    @Test("Tree, tars and memory give the same bytes for the same paths")
    func same() throws {
        let folder = try TemporaryFolder()
        for store in try stores(folder) {
            for (name, text) in Self.files {
                #expect(try store.text(name) == text)
                #expect(try store.text("./" + name.replacing("/", with: "//")) == text)
            }
        }
    }

    @Test("Paths that Unicode calls equivalent are different files")
    func spellings() throws {
        let composed = "0/\u{E9}.jpg"
        let decomposed = "0/e\u{301}.jpg"
        let memory = try MemoryStore(pairs: [
            (composed, Array("one".utf8)), (decomposed, Array("two".utf8)),
        ])
        let folder = try TemporaryFolder()
        try folder.write("raw/0.tar", tarBytes([composed: "one", decomposed: "two"]))
        let tars = try DatasetFolder(folder["raw"])
        for store in [memory, tars] as [any FileStore] {
            #expect(try store.text(composed) == "one")
            #expect(try store.text(decomposed) == "two")
        }
    }

    @Test("Hidden files are no shards, even if an accent is on the dot")
    func hiddenShards() throws {
        let folder = try TemporaryFolder()
        try folder.write("raw/0.tar", tarBytes(["a.jpg": "photo"]))
        for name in ["._0.tar", ".\u{301}0.tar", ".0.tar.gz"] {
            try folder.write("raw/\(name)", "no tar")
        }
        let index = try TarIndex(folder: folder["raw"])
        #expect(index.shards.map(\.name) == ["0.tar"])
    }

    @Test("No store serves absolute or outward paths")
    func unsafePaths() throws {
        let folder = try TemporaryFolder()
        for store in try stores(folder) {
            for path in ["/etc/passwd", "../raw/0.tar", "0/../../x", "", ".", "0/a.jpg\0"] {
                let error = #expect(throws: StoreError.self) { try store.bytes(of: path) }
                #expect(error?.code == .unsafePath, "\(path) in \(store)")
            }
        }
    }

    @Test("A file that isn't there is missing in every store, when located or when read")
    func missing() throws {
        let folder = try TemporaryFolder()
        for store in try stores(folder) {
            let error = #expect(throws: StoreError.self) { try store.bytes(of: "0/none.jpg") }
            #expect(error?.code == .missing)
        }
    }

    @Test("Links that the owner of a tree placed are followed, to files and to folders")
    func links() throws {
        let folder = try TemporaryFolder()
        try folder.write("blobs/0123", "photo")
        try folder.write("tree/real/b.jpg", "other")
        for (target, name) in [
            ("../blobs/0123", "tree/a.jpg"), ("real", "tree/linked"), ("../none", "tree/c.jpg"),
        ] {
            #expect(try run("/bin/ln", ["-s", target, folder[name]]).status == 0)
        }
        let store = FolderStore(folder["tree"])
        #expect(try store.text("a.jpg") == "photo")
        #expect(try store.text("linked/b.jpg") == "other")
        let error = #expect(throws: StoreError.self) { try store.bytes(of: "c.jpg") }
        #expect(error?.code == .missing)
        let directory = #expect(throws: StoreError.self) { try store.bytes(of: "real") }
        #expect(directory?.code == .notAFile)
    }

    @Test("A pipe in the place of a file, or of a shard, is refused and not waited for")
    func pipes() throws {
        let folder = try TemporaryFolder()
        try folder.write("good.tar", tarBytes(["x.jpg": "photo"]))
        let mkfifo = try #require(findProgram("mkfifo"))
        #expect(try run(mkfifo, [folder["a.jpg"], folder["bad.tar"]]).status == 0)
        let error = #expect(throws: StoreError.self) {
            try FolderStore(folder.path).bytes(of: "a.jpg")
        }
        #expect(error?.code == .notAFile)
        let store = try DatasetFolder(folder.path)
        #expect(store.index?.shards.map { $0.failure?.code } == [.notAFile, nil])
        #expect(try store.text("good/x.jpg") == "photo")
    }

    @Test("Where a folder holds both, the unpacked tree wins over the tar")
    func treeWins() throws {
        let folder = try TemporaryFolder()
        try folder.write("0.tar", tarBytes(["0/a.jpg": "packed", "0/b.jpg": "packed"]))
        try folder.write("0/a.jpg", "unpacked")
        let store = try DatasetFolder(folder.path)
        #expect(try store.text("0/a.jpg") == "unpacked")
        #expect(try store.text("0/b.jpg") == "packed")
        #expect(store.index?.memberCount == 2)
        #expect(try DatasetFolder(folder["0"]).index == nil)
    }

    @Test("A folder of a file's name in the tree doesn't hide the member in the tar")
    func folderBesideMember() throws {
        let folder = try TemporaryFolder()
        try folder.write("0.tar", tarBytes(["0/a.jpg": "packed"]))
        try folder.write("0/a.jpg/strange", "unpacked")
        #expect(try DatasetFolder(folder.path).text("0/a.jpg") == "packed")
    }

    @Test("A location is good in the store that made it and refused by others")
    func foreign() throws {
        let folder = try TemporaryFolder()
        try folder.write("tree/a.jpg", "photo")
        let tree = FolderStore(folder["tree"])
        let memory = try MemoryStore(["a.jpg": [1]])
        var buffer = ReadBuffer()
        #expect(throws: StoreError.self) {
            try memory.read(try tree.locate("a.jpg"), into: &buffer)
        }
        #expect(throws: StoreError.self) {
            try tree.read(try memory.locate("a.jpg"), into: &buffer)
        }
    }

    @Test("A buffer that has held a large file holds a small one without a trace of the large")
    func buffer() throws {
        let memory = try MemoryStore([
            "large": [UInt8](repeating: 7, count: 100_000), "small": [1, 2, 3], "none": [],
        ])
        var buffer = ReadBuffer()
        for (name, count) in [("large", 100_000), ("small", 3), ("none", 0), ("large", 100_000)] {
            try memory.read(try memory.locate(name), into: &buffer)
            #expect(buffer.count == count)
            let seen = buffer.withBytes { $0.count }
            #expect(seen == count)
        }
        #expect(buffer.copy() == [UInt8](repeating: 7, count: 100_000))
    }

    @Test("A failed read leaves the buffer empty or whole, and usable")
    func failedRead() throws {
        let folder = try TemporaryFolder()
        let store = FolderStore(folder.path)
        var buffer = ReadBuffer()
        buffer.copy([1, 2, 3])
        #expect(throws: StoreError.self) {
            try store.read(try store.locate("none"), into: &buffer)
        }
        try folder.write("some", "some")
        try store.read(try store.locate("some"), into: &buffer)
        #expect(buffer.copy() == Array("some".utf8))
    }

    @Test("Many threads read many shards at once and get their own bytes")
    func threads() throws {
        let folder = try TemporaryFolder()
        for shard in 0..<20 {
            try folder.write(
                "\(shard).tar",
                (0..<10).flatMap {
                    tarHeader("\($0).jpg", size: 7) + tarBody("\(shard + 100)-\($0)..")
                } + tarEnd)
        }
        let store = TarShardStore(try TarIndex(folder: folder.path))
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            var buffer = ReadBuffer()
            for round in 0..<100 {
                let (shard, member) = ((round * 7 + thread) % 20, (round + thread) % 10)
                let location = Result { try store.locate("\(shard)/\(member).jpg") }
                guard case .success(let location) = location,
                    (try? store.read(location, into: &buffer)) != nil
                else {
                    Issue.record("\(shard)/\(member).jpg can't be read")
                    return
                }
                #expect(buffer.copy().starts(with: "\(shard + 100)-\(member)".utf8))
            }
        }
    }

    /// A store that locates everything in one place, of so many shards.
    private struct Place: FileStore {
        let location: FileLocation
        let count: Int

        func locate(_ path: String) -> FileLocation { location }
        func read(_ location: FileLocation, into buffer: inout ReadBuffer) throws(StoreError) {
            try buffer.fill(count: 1) { bytes in
                bytes.storeBytes(of: 7, as: UInt8.self)
                return 1
            }
        }
        func shards() -> [StoreShard] {
            (0..<count).map { StoreShard(name: "\($0)", byteCount: 9, version: .tag("1")) }
        }
    }

    @Test("A layer's shard beyond its shards is refused, and never another layer's")
    func shardNumbers() throws {
        let good = Place(location: FileLocation(shard: 1, offset: 0, size: 1), count: 2)
        for shard in [2, 5, Int(UInt32.max) - 1] {
            let bad = Place(location: FileLocation(shard: shard, offset: 0, size: 1), count: 2)
            for layers in [[bad, good], [bad]] {
                let error = #expect(throws: StoreError.self) {
                    try LayeredStore(layers).bytes(of: "x")
                }
                #expect(error?.code == .invalid)
            }
        }
        #expect(try LayeredStore([good, good]).bytes(of: "x") == [7])
        for shard in [-1, Int(UInt32.max), .max, .min] {
            #expect(FileLocation(shard: shard, offset: 0, size: 1).shard == nil)
        }
    }

    @Test("Layers that are asked for many files find what they find for one")
    func manyOfLayers() throws {
        let folder = try TemporaryFolder()
        try folder.write("tree/a/x", "")
        try folder.write("tree/b", "tree")
        let memory = try MemoryStore(["a": [1], "b": [2], "c": [3]])
        let store = LayeredStore([FolderStore(folder["tree"]), memory])
        let paths = ["a", "b", "c", "d"]
        for (path, found) in zip(paths, try store.locate(paths)) {
            #expect(found == (try? store.locate(path)), "\(path)")
        }
        #expect(try store.bytes(of: "b") == Array("tree".utf8))
        #expect(try store.bytes(of: "c") == [3])
    }

    @Test("A buffer takes no count that makes no sense")
    func counts() throws {
        var buffer = ReadBuffer()
        for count in [-1, .max, 1 << 31 + 1] {
            let error = #expect(throws: StoreError.self) {
                try buffer.fill(count: count) { _ in 0 }
            }
            #expect(error?.code == .tooLarge)
        }
    }
}
