import RedCapsBase
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
        #expect(error?.member == "b.jpg")
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

    @Test(
        "Every member before a cut is listed, and a cut that loses bytes is told",
        arguments: ["gnu", "pax", "sparse_gnu", "sparse_pax_1.0"])
    func everyCut(name: String) throws {
        let bytes = try Fixture.bytes("tars/\(name).tar")
        let whole = ShardListing(path: Archive.path(name)).members
        let folder = try TemporaryFolder()
        for length in stride(from: 0, to: bytes.count, by: 256) {
            let path = try folder.write("cut.tar", bytes[..<length])
            let listing = ShardListing(path: path)
            #expect(whole.starts(with: listing.members))
            let complete = whole.prefix { $0.offset + $0.size <= length }.count
            #expect(listing.members.count >= complete, "cut at \(length)")
            // The last member that was listed, if it lost bytes, is what the failure is about.
            guard let last = listing.members.last, last.kind == .file,
                last.offset + last.size > length
            else { continue }
            #expect(listing.failure?.code == .truncated, "cut at \(length)")
            #expect(listing.failure?.member == String(decoding: last.name, as: UTF8.self))
            #expect(listing.failure?.byteOffset == last.offset)
        }
    }

    @Test(
        "An extended header without its member is told, at the end of the file or of the archive",
        arguments: [0, 1024])
    func cutAfterExtendedHeader(zeros: Int) throws {
        let first = tarHeader("a.jpg", size: 5) + tarBody("photo")
        let extended = paxHeader("mtime", "1.5")
        let folder = try folder(first + extended + [UInt8](repeating: 0, count: zeros))
        let error = try failure(in: folder)
        #expect(error.code == .truncated)
        #expect(error.byteOffset == 2048)
        #expect(error.reason == "truncated after an extended header, without its member")
        try folder.write("bad.tar", first + extended + first)
        #expect(ShardListing(path: folder["bad.tar"]).failure == nil)
    }

    @Test(
        "A global header that changes the members after it is refused, not passed over",
        arguments: [("size", "600"), ("path", "y.jpg"), ("GNU.sparse.size", "600")])
    func globalHeader(key: String, value: String) throws {
        let first = tarHeader("a.jpg", size: 5) + tarBody("photo")
        let bytes = first + paxHeader(key, value, type: "g") + first + tarEnd
        let folder = try folder(bytes)
        let error = try failure(in: folder)
        #expect(error.code == .notATar)
        #expect(error.byteOffset == 1024)
        #expect(
            error.reason
                == "a global header that sets the path or size of members, which isn't supported; "
                + "write the tar anew without it")
        #expect(try TarShardStore(TarIndex(folder: folder.path)).text("bad/a.jpg") == "photo")
    }

    @Test("No flipped bit crashes or makes the index believe in bytes that aren't there")
    func everyFlip() throws {
        var bytes = try Fixture.bytes("tars/gnu.tar")
        let folder = try TemporaryFolder()
        for position in stride(from: 0, to: bytes.count, by: 23) {
            bytes[position] ^= 1 << UInt8(position % 8)
            let path = try folder.write("flip.tar", bytes)
            bytes[position] ^= 1 << UInt8(position % 8)
            let index = try TarIndex(shards: [path])
            let store = TarShardStore(index)
            var buffer = ReadBuffer()
            try index.forEachServed { entry in
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
        let index = try TarIndex(shards: [folder["bad.tar"]])
        #expect(index.shards.allSatisfy { $0.failure != nil })
    }

    @Test(
        "A compressed shard is refused with the advice that unpacks it",
        arguments: [
            ("bad.tar.gz", "run `gzip -d` on it first"), ("bad.tgz", "run `gzip -d` on it first"),
            ("bad.tar", "add .gz to its name and run `gzip -d` on it first"),
        ])
    func compressed(name: String, advice: String) throws {
        let folder = try folder(good, as: "plain")
        let gzip = try #require(findProgram("gzip"))
        let zipped = try run("/bin/sh", ["-c", "\(gzip) -c plain > \(name)"], in: folder.path)
        #expect(zipped.status == 0)
        let error = try failure(in: folder, name)
        #expect(
            error
                == StoreError(
                    .compressed, file: folder[name],
                    reason: "compressed, which has no random access; \(advice)"))

        // The advice is good.
        let suffixed = name.hasSuffix("gz") ? name : name + ".gz"
        if suffixed != name {
            #expect(try run("/bin/mv", [name, suffixed], in: folder.path).status == 0)
        }
        #expect(try run(gzip, ["-d", suffixed], in: folder.path).status == 0)
        let store = TarShardStore(try TarIndex(folder: folder.path))
        #expect(try store.text("bad/b.jpg") == "second photo")
    }

    @Test(
        "Other compressions are known by their first bytes, whatever the name",
        arguments: [
            ([0x28, 0xB5, 0x2F, 0xFD], "bad.tar.zst", "run `zstd -d --rm` on it first"),
            ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "bad.tar.xz", "run `xz -d` on it first"),
            ([0x42, 0x5A, 0x68, 0x39], "bad.tar.bz2", "run `bzip2 -d` on it first"),
            (
                [0x42, 0x5A, 0x68, 0x39], "bad.tar",
                "add .bz2 to its name and run `bzip2 -d` on it first"
            ),
        ])
    func magic(bytes: [UInt8], name: String, advice: String) throws {
        let error = try failure(in: folder(bytes + [1, 2, 3, 4], as: name), name)
        #expect(error.code == .compressed)
        #expect(error.reason == "compressed, which has no random access; \(advice)")
    }

    @Test("A shard that isn't there, or that is a folder, fails alone")
    func missing() throws {
        let folder = try folder([])
        let index = try TarIndex(shards: [folder["none.tar"], folder["good.tar"], folder.path])
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
        #expect(
            error.map { "\($0)" }
                == "\(folder["bad.tar"])!b.jpg at byte 1536: truncated, header promises 12 bytes, 4 left"
        )
    }

    @Test("A folder that comes after a file of the same path takes its place, and not before it")
    func folderForFile() throws {
        let folder = try TemporaryFolder()
        let file = tarHeader("a/b", size: 3) + tarBody("one")
        let directory = tarHeader("a/b", size: 0, type: "5")
        try folder.write("1/s.tar", file + directory + tarEnd)
        try folder.write("2/s.tar", directory + file + tarEnd)
        for (name, count) in [("1", 0), ("2", 1)] {
            let index = try TarIndex(folder: folder[name])
            var served: [String] = []
            try index.forEachServed { served.append($0.path.description) }
            #expect(served == [String](repeating: "a/b", count: count))
            #expect(index.duplicateCount == 1 - count)
            let store = TarShardStore(index)
            #expect(((try? store.text("a/b")) ?? "") == (count == 1 ? "one" : ""))
        }
    }

    @Test("A shard that is replaced by another one after it was indexed is an error")
    func replaced() throws {
        let folder = try folder(good)
        let store = TarShardStore(try TarIndex(folder: folder.path))
        let location = try store.locate("bad/a.jpg")
        try folder.write("bad.tar", tarBytes(["1.jpg": "1", "2.jpg": "2", "3.jpg": "3"]))
        var buffer = ReadBuffer()
        let error = #expect(throws: StoreError.self) { try store.read(location, into: &buffer) }
        #expect(
            error
                == StoreError(
                    .changed, file: folder["bad.tar"], member: "a.jpg", byteOffset: 512,
                    reason: "the shard had 3072 bytes when it was indexed and has 4096 now; "
                        + "open the data set again"))
        #expect(try store.text("good/a.jpg") == "first photo")
        // Whoever opens the data set again sees the new one.
        #expect(try TarShardStore(TarIndex(folder: folder.path)).text("bad/3.jpg") == "3")
    }

    @Test("A shard that is open serves its own bytes after another file has taken its name")
    func renamedOver() throws {
        let folder = try folder(good)
        let store = TarShardStore(try TarIndex(folder: folder.path))
        #expect(try store.text("bad/a.jpg") == "first photo")
        let other = try folder.write("other", tarBytes(["1.jpg": "1"]))
        #expect(try run("/bin/mv", ["-f", other, folder["bad.tar"]]).status == 0)
        #expect(try store.text("bad/b.jpg") == "second photo")
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
            error.map { "\($0)" }
                == "\(folder["bad.tar"])!b.jpg at byte 1536: can't open: No such file or directory")
    }
}
