import RedCapsBase
import RedCapsTar
import TestSupport
import Testing

@Suite("Shards that end too early, or go on too late")
struct ShardEndingTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func file(_ name: String, _ text: String = "photo") -> [UInt8] {
        tarHeader(name, size: text.utf8.count) + tarBody(text)
    }

    private func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

    private func listing(_ bytes: [UInt8]) throws -> ShardListing {
        ShardListing(path: try folder.write("s.tar", bytes))
    }

    private func names(_ listing: ShardListing) -> [String] {
        listing.members.map { String(decoding: $0.name, as: UTF8.self) }
    }

    @Test("The members of archives that were joined are all listed, and that is told")
    func joined() throws {
        let first = file("a") + tarEnd + zeros(10_240 - 2048)
        for padding in [0, 512, 8192] {
            let archive = file("b") + tarEnd + zeros(padding)
            let listing = try listing(first + archive + file("c") + tarEnd)
            #expect(listing.failure == nil)
            #expect(names(listing) == ["a", "b", "c"])
            #expect(
                listing.warnings.map(\.byteOffset) == [10_240, UInt64(10_240 + archive.count)])
            #expect(listing.warnings[0].reason.contains("another archive"))
        }
    }

    @Test("Zeros up to the end are a hole if they are more than an end marker's padding")
    func tail() throws {
        let member = file("a")
        for count in [1024, 10_240, 11_263 / 512 * 512] {
            #expect(try listing(member + zeros(count)).failure == nil)
        }
        for count in [11_264, 40_960 - member.count, 1 << 20] {
            let listing = try listing(member + zeros(count))
            #expect(names(listing) == ["a"])
            let failure = try #require(listing.failure)
            #expect(failure.byteOffset == UInt64(member.count))
            #expect(failure.reason.hasPrefix("\(count) bytes are lost"))
        }
        let nothing = try listing(zeros(20_480))
        #expect(nothing.failure?.byteOffset == 0)
        #expect(try listing(zeros(10_240)).failure == nil)
    }

    @Test("Members before and behind a hole are listed, and what is lost is told")
    func hole() throws {
        let members = (0..<60).flatMap { file("\($0)", String(repeating: "x", count: 2000)) }
        let each = 2560
        for (start, end) in [
            (20 * each, 40 * each), (20 * each, 40 * each - 1000), (20 * each, 40 * each - 2048),
        ] {
            var bytes = members + tarEnd
            bytes.replaceSubrange(start..<end, with: zeros(end - start))
            let listing = try listing(bytes)
            #expect(names(listing) == (Array(0..<20) + Array(40..<60)).map { "\($0)" })
            let failure = try #require(listing.failure)
            #expect(failure.byteOffset == UInt64(start))
            #expect(failure.reason.hasPrefix("\(20 * each) bytes are lost"))
            #expect(listing.warnings.isEmpty)
        }
        // Two holes are counted together.
        var bytes = members + tarEnd
        for start in [10, 40] {
            bytes.replaceSubrange(start * each..<(start + 9) * each, with: zeros(9 * each))
        }
        let listing = try listing(bytes)
        #expect(listing.members.count == 42)
        #expect(
            listing.failure?.reason.hasPrefix("\(18 * each) bytes are lost in 2 places") == true)
    }

    @Test("A hole behind an extended header loses its member, and no other gets its name")
    func holeBehindExtension() throws {
        let long = paxHeader("path", String(repeating: "n", count: 120))
        let bytes = file("a") + long + zeros(40_000 / 512 * 512) + file("b") + tarEnd
        let listing = try listing(bytes)
        #expect(names(listing) == ["a", "b"])
        #expect(listing.failure?.byteOffset == UInt64(1024 + long.count))
    }

    @Test("What follows the end marker and is no whole archive is lost, with its place and length")
    func trailing() throws {
        let sound = file("a") + tarEnd
        let cut = file("b") + tarHeader("c", size: 5000) + tarBody("short")
        for (rest, place) in [(Array("rest".utf8), 0), (zeros(700) + [7], 700), (cut, 0)] {
            let listing = try listing(sound + rest)
            #expect(names(listing) == ["a"])
            #expect(listing.failure?.byteOffset == UInt64(sound.count + place))
            #expect(
                listing.failure?.reason.hasPrefix("\(rest.count - place) bytes are lost") == true)
        }
    }

    @Test("A shard without an end marker is whole, with a warning", arguments: [0, 3, 507])
    func noMarker(cut: Int) throws {
        let bytes = file("a") + file("b")
        let listing = try listing(Array(bytes.dropLast(cut)))
        #expect(listing.failure == nil)
        #expect(names(listing) == ["a", "b"])
        #expect(listing.warnings.map(\.code) == [.truncated])
    }

    @Test("Shards that only libarchive reads are looked at in the same way")
    func dialect() throws {
        // A directory with a size is a dialect that the quick path doesn't know.
        let odd = tarHeader("d/", size: 0, type: "V")
        let joined = try listing(odd + file("a") + tarEnd + file("b") + tarEnd)
        #expect(names(joined).suffix(2) == ["a", "b"])
        #expect(joined.failure == nil)
        #expect(joined.warnings.map(\.byteOffset) == [512 + 2048])
        let hole = try listing(odd + file("a") + zeros(99_840) + file("b") + tarEnd)
        #expect(hole.failure?.byteOffset == 1536)
        #expect(names(hole).suffix(2) == ["a", "b"])
    }

    @Test("Headers that lead nowhere cost no time, however many there are")
    func hostile() throws {
        let header = tarHeader("a", size: 1 << 40)
        let bytes = file("a") + tarEnd + (0..<4000).flatMap { _ in header }
        let listing = try listing(bytes)
        #expect(listing.members.count == 1)
        #expect(listing.failure?.reason.hasPrefix("\(4000 * 512) bytes are lost") == true)
    }

    @Test("An index keeps what there is to say, and serves what is behind zeros")
    func index() throws {
        try folder.write("raw/a.tar", tarBytes(["a/1": "one"]) + tarBytes(["a/2": "two"]))
        try folder.write("raw/b.tar", file("b/1", "one") + zeros(40_960) + tarBytes(["b/2": "two"]))
        for _ in 0..<2 {
            let index = try TarIndex(folder: folder["raw"])
            #expect(index.shards.map { $0.failure?.byteOffset } == [nil, 1024])
            #expect(index.shards.map { $0.warnings.map(\.byteOffset) } == [[2048], []])
            let store = TarShardStore(index)
            #expect(try (store.text("a/2"), store.text("b/2")) == ("two", "two"))
        }
    }
}
