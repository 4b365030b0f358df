import RedCapsTar
import TestSupport
import Testing

@Suite("Damaged shards")
struct DamageTests {
    private let good = tarBytes(["a.jpg": "first photo", "b.jpg": "second photo"])

    /// A folder with one sound shard and one of these bytes.
    private func folder(_ bytes: [UInt8], as name: String = "bad.tar") throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write("good.tar", good)
        try folder.write(name, bytes)
        return folder
    }

    /// The failure of the shard that isn't sound, after a look at the other one.
    private func failure(in folder: TemporaryFolder, _ name: String = "bad.tar") throws
        -> StoreError
    {
        let index = try TarIndex(folder: folder.path)
        #expect(try TarShardStore(index).text("good/a.jpg") == "first photo")
        let shard = try #require(index.shards.first { $0.path == folder[name] })
        return try #require(shard.failure)
    }

    @Test("A shard cut inside a member's bytes tells the member, the byte and how much is left")
    func cutInData() throws {
        let folder = try folder(Array(good[..<(1024 + 512 + 5)]))
        #expect(
            "\(try failure(in: folder))"
                == "\(folder["bad.tar"])!b.jpg at byte 1536: truncated, header promises 12 bytes, 5 left"
        )
        // What lies before the cut is served; what is cut is refused, not served short.
        let store = TarShardStore(try TarIndex(folder: folder.path))
        #expect(try store.text("bad/a.jpg") == "first photo")
        let error = #expect(throws: StoreError.self) { try store.bytes(of: "bad/b.jpg") }
        #expect(error?.code == .truncated)
        #expect(error?.byteOffset == 1536)
    }

    @Test("A shard cut inside a header tells the byte")
    func cutInHeader() throws {
        let error = try failure(in: folder(Array(good[..<(1024 + 100)])))
        #expect(error.code == .truncated)
        #expect(error.byteOffset == 1024)
        #expect(error.reason == "truncated inside a header, 100 bytes left")
    }

    @Test("A shard cut between members is whole as far as anyone can tell")
    func cutBetween() throws {
        let folder = try folder(Array(good[..<1024]))
        let index = try TarIndex(folder: folder.path)
        #expect(index.shards.allSatisfy { $0.failure == nil })
        #expect(index.shards.map(\.memberCount) == [1, 2])
    }

    @Test("No cut of an archive crashes, and every member before it is served")
    func everyCut() throws {
        let bytes = try Fixture.bytes("tars/pax.tar")
        let whole = ShardListing(path: Archive.path("pax")).members
        let folder = try TemporaryFolder()
        for length in stride(from: 0, to: bytes.count, by: 61) {
            let path = try folder.write("cut.tar", bytes[..<length])
            let listing = ShardListing(path: path)
            #expect(whole.starts(with: listing.members))
            let complete = whole.count { $0.offset + $0.size <= length }
            #expect(listing.members.count >= complete || listing.failure != nil)
        }
    }

    @Test("No flipped bit crashes or makes the index believe in bytes that aren't there")
    func everyFlip() throws {
        var bytes = try Fixture.bytes("tars/gnu.tar")
        let folder = try TemporaryFolder()
        for position in stride(from: 0, to: bytes.count, by: 23) {
            bytes[position] ^= 1 << UInt8(position % 8)
            let path = try folder.write("flip.tar", bytes)
            bytes[position] ^= 1 << UInt8(position % 8)
            let index = TarIndex(shards: [path])
            let store = TarShardStore(index)
            var buffer = ReadBuffer()
            index.forEachServed { entry in
                let read = Result {
                    try store.read(try store.locate(entry.path.description), into: &buffer)
                }
                if case .success = read { #expect(buffer.count == Int(entry.size)) }
            }
        }
    }

    @Test("A file that is no tar is an error at byte 0")
    func garbage() throws {
        let error = try failure(in: folder(Array("Not Found: this is a web page".utf8) + good))
        #expect(error.code == .notATar)
        #expect(error.byteOffset == 0)
        #expect(error.reason == "not a tar: the first header is no header")
    }

    @Test("An empty file is an error, an archive of nothing isn't")
    func empty() throws {
        let error = try failure(in: folder([]))
        #expect(error.code == .truncated)
        #expect(error.reason == "empty file")
        let folder = try folder([UInt8](repeating: 0, count: 1024))
        let index = try TarIndex(folder: folder.path)
        #expect(index.shards.map(\.memberCount) == [0, 2])
        #expect(index.shards.allSatisfy { $0.failure == nil })
    }

    @Test("A header that is damaged stops the listing where it lies")
    func damagedHeader() throws {
        var bytes = good
        bytes[1024 + 3] ^= 0xFF
        let folder = try folder(bytes)
        let error = try failure(in: folder)
        #expect(error.code == .notATar)
        #expect(error.byteOffset == 1024)
        let store = TarShardStore(try TarIndex(folder: folder.path))
        #expect(try store.text("bad/a.jpg") == "first photo")
        let missing = #expect(throws: StoreError.self) { try store.locate("bad/b.jpg") }
        #expect(missing?.code == .missing)
        #expect(missing?.reason.contains("bad.tar at byte 1024") == true)
    }

    @Test("A size that no file can have is refused, not allocated")
    func hugeSize() throws {
        var header = tarHeader("x.jpg", size: 0)
        header.replaceSubrange(124..<136, with: [0x80] + [UInt8](repeating: 0x3F, count: 11))
        header.replaceSubrange(148..<156, with: Array("        ".utf8))
        let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
        header.replaceSubrange(148..<155, with: Array("0\(sum)\0".utf8.suffix(7)))
        let folder = try folder(header + good)
        let index = TarIndex(shards: [folder["bad.tar"]])
        #expect(index.shards.allSatisfy { $0.failure != nil })
    }

    @Test(
        "A compressed shard is refused with the command that unpacks it",
        arguments: [("bad.tar.gz", "gzip"), ("bad.tgz", "gzip"), ("bad.tar", "gzip")])
    func compressed(name: String, program: String) throws {
        let folder = try folder(good, as: "plain")
        let zipped = try run("/bin/sh", ["-c", "\(program) -c plain > \(name)"], in: folder.path)
        #expect(zipped.status == 0)
        let error = try failure(in: folder, name)
        #expect(
            error
                == StoreError(
                    .compressed, file: folder[name],
                    reason: "compressed, which has no random access; run `gzip -d` on it first"))
    }

    @Test("A shard that isn't there, or that is a folder, fails alone")
    func missing() throws {
        let folder = try folder([])
        let index = TarIndex(shards: [folder["none.tar"], folder["good.tar"], folder.path])
        #expect(index.shards.map { $0.failure?.code } == [.missing, nil, .notAFile])
        #expect(try TarShardStore(index).text("good/b.jpg") == "second photo")
    }

    @Test("A shard that is cut after it was indexed is an error, not a crash and not short bytes")
    func cutLater() throws {
        let folder = try folder(good)
        let store = TarShardStore(try TarIndex(folder: folder.path))
        let location = try store.locate("bad/b.jpg")
        var buffer = ReadBuffer()
        try store.read(location, into: &buffer)
        #expect(buffer.copy() == Array("second photo".utf8))
        let cut = try run("/usr/bin/truncate", ["-s", "1540", folder["bad.tar"]])
        #expect(cut.status == 0)
        let error = #expect(throws: StoreError.self) { try store.read(location, into: &buffer) }
        #expect(error?.code == .truncated)
        #expect(error?.file == folder["bad.tar"])
        #expect(error?.byteOffset == 1536)
        #expect(error?.reason == "truncated, header promises 12 bytes, 4 left")
    }

    @Test("A shard that is deleted before its first read is an error with its name")
    func deleted() throws {
        let folder = try folder(good)
        let store = TarShardStore(try TarIndex(folder: folder.path))
        let location = try store.locate("bad/b.jpg")
        #expect(try run("/bin/rm", [folder["bad.tar"]]).status == 0)
        var buffer = ReadBuffer()
        let error = #expect(throws: StoreError.self) { try store.read(location, into: &buffer) }
        #expect(error?.code == .missing)
        #expect(
            "\(error.map { "\($0)" } ?? "")"
                == "\(folder["bad.tar"]): can't open: No such file or directory"
        )
    }
}
