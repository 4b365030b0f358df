import RedCapsBase
import RedCapsTar
import TestSupport
import Testing

@Suite("Listing a shard")
struct ListingTests {
    @Test(
        "Names, kinds, offsets and sizes are those that GNU tar and tarfile see",
        arguments: Archive.names)
    func golden(name: String) throws {
        let listing = ShardListing(path: Archive.path(name))
        #expect(listing.failure == nil)
        #expect(try listing.members.map(Archive.golden) == Archive.golden()[name])
    }

    @Test("libarchive sees the same in every archive", arguments: Archive.names)
    func libarchive(name: String) throws {
        let listing = LibarchiveListing.members(of: Archive.path(name))
        #expect(listing.failure == nil)
        // libarchive tells a name in the C locale as text, and the one that isn't UTF-8 as U+FFFD.
        let names = try #require(Archive.golden()[name])
        for (member, golden) in zip(listing.members, names) {
            let seen = Archive.golden(member)
            #expect(seen.kind == golden.kind)
            #expect(seen.offset == golden.offset)
            #expect(seen.size == golden.size)
            #expect(
                String(decoding: seen.name, as: UTF8.self)
                    == String(decoding: golden.name, as: UTF8.self))
        }
        #expect(listing.members.count == names.count)
    }

    @Test("There are archives for every format and oddity")
    func all() {
        #expect(Archive.names.count == 27)
    }

    @Test("The last member may lack its padding and the end marker")
    func noPadding() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(
            "a.tar", tarHeader("x.jpg", size: 5) + Array("photo".utf8))
        let listing = ShardListing(path: path)
        #expect(listing.failure == nil)
        #expect(listing.members.map(\.size) == [5])
        #expect(listing.byteCount == 517)
    }

    @Test("Every member's bytes are where the listing says")
    func bytes() throws {
        for name in ["v7", "oldgnu", "gnu", "ustar", "pax", "dots"] {
            let archive = try Fixture.bytes("tars/\(name).tar")
            for member in ShardListing(path: Archive.path(name)).members
            where member.kind == .file && member.size > 0 {
                let start = Int(member.offset)
                let found = archive[start..<(start + Int(member.size))]
                // The script fills a file with its own name.
                let path = String(decoding: member.name, as: UTF8.self)
                let own = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
                #expect(Array((own + " ").utf8).starts(with: found.prefix(own.utf8.count)))
            }
        }
    }

    @Test("The members after a sparse one are found where its extended header says that it ends")
    func afterSparse() throws {
        // GNU tar takes the length of the record "size"; that of the header is short of the truth.
        let map = Array("1\n0\n4\n".utf8)
        let folder = try TemporaryFolder()
        let path = try folder.write(
            "a.tar",
            paxHeader([
                ("size", "4612"), ("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"),
                ("GNU.sparse.name", "holes.jpg"), ("GNU.sparse.realsize", "10737418244"),
            ]) + tarHeader("GNUSparseFile/holes.jpg", size: 4)
                + map + [UInt8](repeating: 0, count: 5120 - map.count)
                + tarHeader("b.jpg", size: 5) + tarBody("photo") + tarEnd)
        let listing = ShardListing(path: path)
        #expect(listing.failure == nil)
        #expect(
            listing.members.map(Archive.golden) == [
                .init(name: Array("holes.jpg".utf8), kind: "sparse", offset: 0, size: 0),
                .init(name: Array("b.jpg".utf8), kind: "file", offset: 7168, size: 5),
            ])
    }

    @Test("The map of a sparse member may take blocks of its own")
    func longSparseMap() throws {
        var header = tarHeader("holes.jpg", size: 512, type: "S")
        for (place, byte) in zip(257..., Array("ustar  \0".utf8)) { header[place] = byte }
        header[482] = 1
        let map = [UInt8](repeating: 0, count: 512)
        var first = map
        first[504] = 1
        let folder = try TemporaryFolder()
        let blocks = sealed(header) + first + map + map
        let path = try folder.write(
            "a.tar", blocks + tarHeader("b.jpg", size: 5) + tarBody("photo") + tarEnd)
        let listing = ShardListing(path: path)
        #expect(listing.failure == nil)
        #expect(listing.members.map(\.kind) == [.sparse, .file])
        #expect(listing.members.last?.offset == UInt64(blocks.count + 512))
        // Cut within the map.
        let cut = try folder.write("cut.tar", Array(blocks[..<1000]))
        #expect(ShardListing(path: cut).failure?.code == .truncated)
    }

    @Test("Extended headers may have megabytes")
    func longExtendedHeader() throws {
        let folder = try TemporaryFolder()
        // A path of more than 65,535 bytes is counted, and never served.
        let long = String(repeating: "n/", count: 30_000) + "x.jpg"
        let path = try folder.write(
            "a.tar",
            paxHeader("comment", String(repeating: "+", count: 8_000_000))
                + tarHeader("a.jpg", size: 5) + tarBody("photo")
                + paxHeader("path", long) + tarHeader("b.jpg", size: 5) + tarBody("photo")
                + paxHeader("path", long + long) + tarHeader("c.jpg", size: 5) + tarBody("photo")
                + tarEnd)
        let listing = ShardListing(path: path)
        #expect(listing.failure == nil)
        #expect(listing.members.count == 3)
        let index = try TarIndex(shards: [path])
        #expect(index.shards.map(\.unsafeMembers) == [1])
        for name in ["a.jpg", long] {
            #expect(try TarShardStore(index).bytes(of: name) == Array("photo".utf8))
        }
    }
}
