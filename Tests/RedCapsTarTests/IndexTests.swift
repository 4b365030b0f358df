import RedCapsBase
import RedCapsTar
import TestSupport
import Testing

@Suite("The index of a folder of shards")
struct IndexTests {
    private func write(_ shards: [String: [UInt8]]) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for (name, bytes) in shards { try folder.write(name, bytes) }
        return folder
    }

    @Test("Shards that are unpacked in place and shards that are unpacked into a folder resolve")
    func layouts() throws {
        let folder = try write([
            "00000.tar": tarBytes(["00000/": "", "00000/a.json": "in place", "00000/b.jpg": "b"]),
            "data_000123.tar": tarBytes(["b.jpg": "bare", "deep/c.jpg": "deeper"]),
        ])
        let store = TarShardStore(try TarIndex(folder: folder.path))
        #expect(try store.text("00000/a.json") == "in place")
        #expect(try store.text("data_000123/b.jpg") == "bare")
        #expect(try store.text("data_000123/deep/c.jpg") == "deeper")
        #expect(try store.text("b.jpg") == "bare")
    }

    @Test("The same bare name in two shards is found in the one that the path names")
    func sameName() throws {
        let folder = try write([
            "a.tar": tarBytes(["x.jpg": "first"]), "b.tar": tarBytes(["x.jpg": "second"]),
        ])
        let index = try TarIndex(folder: folder.path)
        let store = TarShardStore(index)
        #expect(try store.text("a/x.jpg") == "first")
        #expect(try store.text("b/x.jpg") == "second")
        #expect(try store.text("x.jpg") == "second")  // the last one counts, as when unpacking
        #expect(index.duplicateCount == 1)
    }

    @Test("Of a member that comes twice, the last one counts")
    func duplicates() throws {
        let index = try TarIndex(shards: [Archive.path("duplicates")])
        #expect(index.memberCount == 3)
        #expect(index.duplicateCount == 1)
        #expect(try TarShardStore(index).bytes(of: "x.jpg").count == 40)
    }

    @Test("A link or directory that comes after a file of its name replaces it, never served")
    func lastIsNoFile() throws {
        let photo = tarHeader("x.jpg", size: 5) + tarBody("photo")
        let link = tarHeader("x.jpg", size: 0, type: "2")
        let folder = try write([
            "0.tar": photo + link + tarEnd, "1.tar": link + photo + tarEnd,
        ])
        let store = TarShardStore(try TarIndex(folder: folder.path))
        let error = #expect(throws: StoreError.self) { try store.locate("0/x.jpg") }
        #expect(error?.code == .notAFile)
        #expect(try store.text("1/x.jpg") == "photo")
    }

    @Test("Spellings of a path don't matter, in the archive or in the question")
    func spellings() throws {
        let store = TarShardStore(try TarIndex(shards: [Archive.path("spellings")]))
        for path in ["00000/x.jpg", "./00000/y.jpg", "00000//z.jpg", "00000/./x.jpg"] {
            #expect(try store.text(path) == "photo")
        }
    }

    @Test("An image and its annotation are found however far apart they lie")
    func apart() throws {
        var bytes: [UInt8] = []
        for number in 0..<300 { bytes += tarHeader("0/\(number).jpg", size: 3) + tarBody("jpg") }
        for number in (0..<300).reversed() {
            bytes += tarHeader("0/\(number).json", size: 4) + tarBody("json")
        }
        let folder = try write(["0.tar": bytes + tarEnd])
        let store = TarShardStore(try TarIndex(folder: folder.path))
        for number in [0, 1, 150, 299] {
            #expect(try store.text("0/\(number).jpg") == "jpg")
            #expect(try store.text("0/\(number).json") == "json")
        }
    }

    @Test("Links, directories, devices and sparse members are known and never served")
    func notServed() throws {
        let questions = [
            ("gnu", "00000/link.jpg", "a link inside a tar, which is never followed"),
            ("gnu", "00000/same.json", "a link inside a tar, which is never followed"),
            ("gnu", "00000", "a directory"), ("gnu", "00000/pipe", "a device, pipe or socket"),
            ("devices", "disk", "a device, pipe or socket"),
            (
                "sparse_gnu", "holes.jpg",
                "a sparse member, whose bytes don't lie in one range; unpack the shard and pack the tree"
            ),
            (
                "sparse_pax_1.0", "holes.jpg",
                "a sparse member, whose bytes don't lie in one range; unpack the shard and pack the tree"
            ),
        ]
        for (archive, path, reason) in questions {
            let store = TarShardStore(try TarIndex(shards: [Archive.path(archive)]))
            let error = #expect(throws: StoreError.self) { try store.locate(path) }
            #expect(error?.code == .notAFile)
            #expect(error?.file == Archive.path(archive))
            #expect(error?.member == path)
            #expect(error?.reason == reason)
        }
        var served: [String] = []
        try TarIndex(shards: [Archive.path("devices")]).forEachServed {
            served.append($0.path.description)
        }
        #expect(served == ["x.jpg"])
    }

    @Test(
        "A GNU tar hard link may hide which of two names has the bytes; the one that has is served")
    func hardLinks() throws {
        let store = TarShardStore(try TarIndex(shards: [Archive.path("pax")]))
        #expect(try store.bytes(of: "00000/a.json").count == 20)
    }

    @Test("Members with absolute or outward paths are counted and can't be asked for")
    func unsafePaths() throws {
        let index = try TarIndex(shards: [Archive.path("unsafe")])
        #expect(index.shards.map(\.unsafeMembers) == [2])
        let store = TarShardStore(index)
        #expect(try store.text("00000/z.jpg") == "photo")
        for path in ["/etc/x.jpg", "00000/../../y.jpg", "..", "", "a/../00000/z.jpg", "a\0b"] {
            let error = #expect(throws: StoreError.self) { try store.locate(path) }
            #expect(error?.code == .unsafePath, "\(path)")
        }
    }

    @Test("Accents are compared byte by byte, as an archive has them")
    func accents() throws {
        let folder = try write(["0.tar": tarBytes(["0/\u{E9}.jpg": "composed"])])
        let store = TarShardStore(try TarIndex(folder: folder.path))
        #expect(try store.text("0/\u{E9}.jpg") == "composed")
        #expect(throws: StoreError.self) { try store.locate("0/e\u{301}.jpg") }
    }

    @Test("A path that is in no shard is an error that counts the shards")
    func missing() throws {
        let store = TarShardStore(
            try TarIndex(shards: [Archive.path("bare"), Archive.path("dots")]))
        let error = #expect(throws: StoreError.self) { try store.locate("0/none.jpg") }
        #expect(
            error
                == StoreError(
                    .missing, file: "shards", member: "0/none.jpg", reason: "in none of 2 shards"))
    }

    @Test("Only tars right in the folder are shards, hidden files aren't, links to tars are")
    func whichFiles() throws {
        let folder = try write([
            "1.tar": tarBytes(["one.jpg": "1"]), ".hidden.tar": tarBytes(["two.jpg": "2"]),
            "list.json": Array("[]".utf8), "sub/3.tar": tarBytes(["three.jpg": "3"]),
        ])
        let elsewhere = try write(["blob": tarBytes(["four.jpg": "4"])])
        let linked = try run("/bin/ln", ["-s", elsewhere["blob"], folder["4.tar"]])
        #expect(linked.status == 0)
        let index = try TarIndex(folder: folder.path)
        #expect(index.shards.map(\.path) == [folder["1.tar"], folder["4.tar"]])
        #expect(try TarShardStore(index).text("4/four.jpg") == "4")
    }

    @Test("A folder that can't be listed is an error")
    func noFolder() {
        let error = #expect(throws: StoreError.self) { try TarIndex(folder: "/nowhere/raw") }
        #expect(error?.code == .missing)
        #expect(error?.file == "/nowhere/raw")
    }
}
