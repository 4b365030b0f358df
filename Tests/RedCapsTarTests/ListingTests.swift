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
}
