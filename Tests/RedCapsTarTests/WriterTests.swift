import RedCapsBase
import RedCapsTar
import TestSupport
import Testing

@Suite("Writing tars")
struct WriterTests {
    @Test("GNU tar lists and unpacks what is written, long and non-ASCII names too")
    func gnuTar() throws {
        let folder = try TemporaryFolder()
        let long = String(repeating: "long/", count: 60) + "ü.jpg"
        let writer = try TarWriter.create(folder["a.tar"])
        try writer.addDirectory("00000")
        try writer.add("00000/x.jpg", Array("photo".utf8))
        try writer.add("00000/東京.jpg", Array("city".utf8))
        try writer.add(long, Array("deep".utf8))
        try writer.addSymbolicLink("00000/link.jpg", to: "x.jpg")
        try writer.close()

        let tar = try #require(findProgram("tar"))
        let listing = try run(tar, ["--quoting-style=literal", "-tf", folder["a.tar"]])
        #expect(
            listing.lines == ["00000/", "00000/x.jpg", "00000/東京.jpg", long, "00000/link.jpg"])
        #expect(try run(tar, ["-xf", "a.tar"], in: folder.path).status == 0)
        let tree = FolderStore(folder.path)
        #expect(try tree.text("00000/東京.jpg") == "city")
        #expect(try tree.text("00000/link.jpg") == "photo")

        let store = TarShardStore(try TarIndex(shards: [folder["a.tar"]]))
        #expect(try store.text(long) == "deep")
        #expect(try store.text("00000/東京.jpg") == "city")
    }

    @Test("What is written reads back alike by both listings, in the order of writing")
    func listings() throws {
        let folder = try TemporaryFolder()
        let writer = try TarWriter.create(folder["0.tar"])
        try writer.addDirectory("0")
        for size in [0, 1, 511, 512, 513, 20_000] {
            try writer.add("0/\(size).jpg", [UInt8](repeating: 7, count: size))
        }
        try writer.close()
        try writer.close()  // once more does nothing
        let quick = ShardListing(path: folder["0.tar"])
        let thorough = LibarchiveListing.members(of: folder["0.tar"])
        #expect(quick.failure == nil)
        #expect(quick.members == thorough.members)
        #expect(quick.members.map(\.size) == [0, 0, 1, 511, 512, 513, 20_000])
        let store = TarShardStore(try TarIndex(shards: [folder["0.tar"]]))
        #expect(try store.bytes(of: "0/513.jpg") == [UInt8](repeating: 7, count: 513))
        #expect(try store.bytes(of: "0/0.jpg").isEmpty)
    }

    @Test("The same input gives the same bytes")
    func deterministic() throws {
        let folder = try TemporaryFolder()
        for name in ["a.tar", "b.tar"] {
            let writer = try TarWriter.create(folder[name])
            try writer.addDirectory("0")
            try writer.add("0/x.jpg", Array("photo".utf8))
            try writer.addSymbolicLink("0/y.jpg", to: "x.jpg")
            try writer.close()
        }
        let first = try FolderStore(folder.path).bytes(of: "a.tar")
        #expect(try FolderStore(folder.path).bytes(of: "b.tar") == first)
    }

    #if os(Linux)
    @Test("A disk without room is an error with the tar and the member")
    func full() throws {
        let writer = try TarWriter.create("/dev/full")
        let error = #expect(throws: StoreError.self) {
            try writer.add("x.jpg", [UInt8](repeating: 7, count: 100_000))
        }
        #expect(
            error
                == StoreError(
                    .system, file: "/dev/full", member: "x.jpg",
                    reason: "Write error: No space left on device"))
    }
    #endif

    @Test("A tar that can't be made is an error with its path")
    func refused() {
        let error = #expect(throws: StoreError.self) { try TarWriter.create("/nowhere/a.tar") }
        #expect(error?.file == "/nowhere/a.tar")
    }
}

@Suite("What a tar's writer refuses")
struct WriterRefusalTests {
    @Test(
        "Names that no unpacker should see are refused, and nothing of them is written",
        arguments: ["", ".", "/x.jpg", "../x.jpg", "a/../x.jpg", "a\0b", "a/.."])
    func names(name: String) throws {
        let folder = try TemporaryFolder()
        let writer = try TarWriter.create(folder["a.tar"])
        for refusal in [
            #expect(throws: StoreError.self) { try writer.add(name, [1]) },
            #expect(throws: StoreError.self) { try writer.beginFile(name, size: 1) },
            #expect(throws: StoreError.self) { try writer.addDirectory(name) },
            #expect(throws: StoreError.self) { try writer.addSymbolicLink(name, to: "x") },
        ] {
            #expect(refusal?.code == .unsafePath)
            #expect(refusal?.file == folder["a.tar"])
            #expect(refusal?.member == name)
        }
        #expect(throws: StoreError.self) { try writer.add("x/", [1]) }
        #expect(throws: StoreError.self) { try writer.addSymbolicLink("x", to: "") }
        try writer.add("x.jpg", [1])
        try writer.close()
        #expect(try memberNames(folder["a.tar"]) == ["x.jpg"])
    }

    @Test("A file in pieces is the same as at once, and has to be as long as declared")
    func pieces() throws {
        let folder = try TemporaryFolder()
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 / 3) }
        let whole = try TarWriter.create(folder["whole.tar"])
        try whole.add("x.jpg", bytes)
        try whole.add("y.jpg", [])
        try whole.close()
        let pieces = try TarWriter.create(folder["pieces.tar"])
        #expect(throws: StoreError.self) { try pieces.append([1].span) }
        try pieces.beginFile("x.jpg", size: 200_000)
        for start in stride(from: 0, to: 200_000, by: 70_001) {
            let error = #expect(throws: StoreError.self) { try pieces.beginFile("y.jpg", size: 0) }
            #expect(error?.member == "x.jpg")
            #expect(error?.reason.hasPrefix("\(200_000 - start) of its declared bytes") == true)
            #expect(throws: StoreError.self) { try pieces.close() }
            try pieces.append(Array(bytes[start..<min(start + 70_001, 200_000)]).span)
        }
        #expect(throws: StoreError.self) { try pieces.append([1].span) }
        try pieces.beginFile("y.jpg", size: 0)
        try pieces.close()
        let tree = FolderStore(folder.path)
        #expect(try tree.bytes(of: "pieces.tar") == tree.bytes(of: "whole.tar"))
    }

    @Test("Nothing can follow the end")
    func closed() throws {
        let folder = try TemporaryFolder()
        let writer = try TarWriter.create(folder["a.tar"])
        try writer.close()
        try writer.close()
        let error = #expect(throws: StoreError.self) { try writer.add("x.jpg", [1]) }
        #expect(error?.code == .invalid)
        #expect(error?.reason == "the tar is closed; nothing can follow")
        #expect(throws: StoreError.self) { try writer.append([1].span) }
    }
}
