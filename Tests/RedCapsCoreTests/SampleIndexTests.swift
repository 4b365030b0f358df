import RedCapsBase
import RedCapsTar
import RedCapsCore
import TestSupport
import Testing

@Suite("The index of a list of samples")
struct SampleIndexTests {
    /// Three entries, of which the shards that are there have two.
    private struct Samples {
        let folder: TemporaryFolder
        static let names = ["0/a", "1/b", "2/c"]

        init(inMemory: Bool = false) throws {
            folder = inMemory ? try .inMemory() : try TemporaryFolder()
            for number in [0, 2] { try addShard(number) }
            try writeList(Self.names)
        }

        func addShard(_ number: Int) throws {
            try folder.write("raw/x", "")
            try folder.remove("raw/x")
            let shard = try TarWriter.create(folder["raw/\(number).tar"])
            try shard.add("\(Self.names[number]).jpg", Array("image \(number)".utf8))
            try shard.add("\(Self.names[number]).json", Array("text \(number)".utf8))
            try shard.close()
            try folder.setTime("raw/\(number).tar", 1_600_000_000)
        }

        func writeList(_ names: [String]) throws {
            let entries = names.map { #"{"image": "\#($0).jpg", "annotation": "\#($0).json"}"# }
            try folder.write("list.json", "[\(entries.joined(separator: ",\n"))]")
            try folder.setTime("list.json", 1_600_000_000)
        }

        func open(_ place: String = ".") throws -> SampleIndex {
            let raw = folder["\(place)/raw"]
            return try SampleIndex(
                list: folder["\(place)/list.json"], images: raw, annotations: raw)
        }

        /// The path of the index's table of entries.
        func table() throws -> String {
            let name = try folder.names("raw/.redcaps").first { $0.hasPrefix("entries-") }
            return "raw/.redcaps/\(try #require(name))"
        }

        /// Each entry's files.
        func contents(_ index: SampleIndex) throws -> [String] {
            try (0..<index.count).map { number in
                let paths = try index.paths(number)
                return [(index.images, paths.image), (index.annotations, paths.annotation)]
                    .map { store, path in
                        (try? store.bytes(of: path)).map { String(decoding: $0, as: UTF8.self) }
                            ?? "-"
                    }.joined(separator: ", ")
            }
        }

        static let whole = ["image 0, text 0", "-, -", "image 2, text 2"]
        static let hiddenLists = ["._list.json", ".copy.json", ".\u{301}.json"]
    }

    @Test("Hidden files in a folder of lists are no lists, but one that is named is")
    func hiddenLists() throws {
        let samples = try Samples()
        try samples.folder.write("lists/list.json", samples.folder.bytes("list.json"))
        for name in Samples.hiddenLists { try samples.folder.write("lists/\(name)", "no list") }
        let raw = samples.folder["raw"]
        let index = try SampleIndex(list: samples.folder["lists"], images: raw, annotations: raw)
        #expect(try samples.contents(index) == Samples.whole)
        #expect(try Manifest(path: samples.folder["lists"]).count == 3)
        try samples.folder.copy("lists/list.json", to: "lists/.own.json")
        #expect(try Manifest(path: samples.folder["lists/.own.json"]).count == 3)
    }

    @Test("It is made once, and joins each entry with its files")
    func join() throws {
        let set = try Samples()
        let index = try set.open()
        #expect(index.isBuilt)
        #expect(index.count == 3)
        #expect(index.missingCount == 1)
        #expect(index.missingByShard.map(\.name) == ["1"])
        #expect(try index.missingSamples() == [1])
        #expect(try set.contents(index) == Samples.whole)
        let again = try set.open()
        #expect(!again.isBuilt)
        #expect(try set.contents(again) == Samples.whole)
        try again.check()
    }

    @Test("It is made anew when a shard comes or the list changes, and kept by a copy")
    func changes() throws {
        let set = try Samples()
        _ = try set.open()
        try set.folder.write("copy/x", "")
        for name in ["raw", "list.json"] { try set.folder.copy(name, to: "copy/\(name)") }
        for name in ["raw/0.tar", "raw/2.tar", "list.json"] {
            try set.folder.setTime("copy/\(name)", 1_700_000_000)
        }
        #expect(try !set.open("copy").isBuilt)
        try set.addShard(1)
        let whole = try set.open()
        #expect(whole.isBuilt)
        #expect(whole.missingCount == 0)
        #expect(try set.contents(whole)[1] == "image 1, text 1")
        try set.writeList(["2/c", "9/z", "0/a", "1/b"])
        let other = try set.open()
        #expect(other.isBuilt)
        #expect(other.count == 4)
        #expect(other.missingByShard.map(\.name) == ["9"])
        #expect(try set.contents(other)[0] == "image 2, text 2")
        #expect(try !set.open().isBuilt)
    }

    @Test("Whatever byte of it is damaged, its entries are right")
    func everyByte() throws {
        let set = try Samples(inMemory: true)
        _ = try set.open()
        let name = try set.table()
        let sound = try set.folder.bytes(name)
        for place in Array(0..<64) + stride(from: 64, to: sound.count, by: 31) {
            try set.folder.overwrite(name, at: place, [sound[place] ^ 1 << UInt8(place % 8)])
            let index = try set.open()
            #expect(try set.contents(index) == Samples.whole, "byte \(place)")
            #expect(try index.missingSamples() == [1], "byte \(place)")
            try set.folder.write(name, sound)
        }
    }

    @Test("It is joined with members whose index is damaged as with a sound one")
    func damagedMembers() throws {
        let set = try Samples(inMemory: true)
        _ = try set.open()
        let name = "raw/.redcaps/members-1.index"
        let sound = try set.folder.bytes(name)
        for place in stride(from: 0, to: sound.count, by: 97) {
            try set.folder.remove(try set.table())
            try set.folder.overwrite(name, at: place, [sound[place] ^ 1 << UInt8(place % 8)])
            let index = try set.open()
            #expect(try set.contents(index) == Samples.whole, "byte \(place)")
            try set.folder.write(name, sound)
        }
    }

    @Test("Damaged or cut while it is in use, it is made again")
    func damagedInUse() throws {
        for length in [0, 1, 4095, 4096, 8192] {
            let set = try Samples(inMemory: true)
            _ = try set.open()
            let index = try set.open()
            let name = try set.table()
            if length < (try set.folder.bytes(name).count) { try set.folder.cut(name, to: length) }
            #expect(try set.contents(index) == Samples.whole, "cut to \(length)")
            try set.open().check()
        }
    }

    @Test("A list of other entries in its place while it is in use doesn't change its entries")
    func replacedInUse() throws {
        let set = try Samples()
        _ = try set.open()
        let index = try set.open()
        try set.writeList(["2/c", "0/a", "2/c", "0/a"])
        #expect(try set.open().isBuilt)
        #expect(try set.contents(index) == Samples.whole)
    }

    @Test("A stream tells how far the building is, and ends with the index")
    func stream() async throws {
        let set = try Samples()
        let raw = set.folder["raw"]
        var shards: [Int] = []
        var opened: SampleIndex?
        for try await event in SampleIndex.opening(
            list: set.folder["list.json"], images: raw, annotations: raw)
        {
            switch event {
            case .progress(let progress): shards.append(progress.finishedShards)
            case .report(let index): opened = index
            }
        }
        #expect(shards == [1, 2])
        #expect(try set.contents(try #require(opened)) == Samples.whole)
        await #expect(throws: StoreError.self) {
            for try await _ in SampleIndex.opening(
                list: set.folder["none.json"], images: raw, annotations: raw)
            {}
        }
    }

    @Test("A list that stops being one is an error with its place, and the old index isn't used")
    func brokenList() throws {
        let set = try Samples()
        _ = try set.open()
        try set.folder.write("list.json", #"[{"image": "a", "annotation": "b"}, {"image: ]"#)
        let error = #expect(throws: ManifestError.self) { try set.open() }
        #expect(error?.file == set.folder["./list.json"])
        #expect(error?.reason.contains("at byte") == true)
        #expect(try set.folder.names("raw/.redcaps").allSatisfy { !$0.contains("tmp") })
    }

    @Test("A sample costs at most four blocks of the index: its row, its members and its path")
    func blocks() throws {
        let folder = try TemporaryFolder()
        var list = "["
        for shard in 0..<4 {
            var bytes: [UInt8] = []
            for number in 0..<1500 {
                let name = "0000\(shard)/picture-\(number)"
                bytes += tarHeader("\(name).jpg", size: 5) + tarBody("image")
                bytes += tarHeader("\(name).json", size: 4) + tarBody("text")
                list += #"\#(list == "[" ? "" : ", "){"image": "\#(name).jpg", "#
                list += #""annotation": "\#(name).json"}"#
            }
            try folder.write("raw/0000\(shard).tar", bytes + tarEnd)
        }
        try folder.write("list.json", list + "]")
        let index = try SampleIndex(
            list: folder["list.json"], images: folder["raw"], annotations: folder["raw"])
        #expect((index.count, index.missingCount) == (6000, 0))
        let lookup = RowLookup()
        var buffer = ReadBuffer()
        var most = 0
        var last = 0
        for position in 0..<6000 {
            // Far from the one before, so that nothing is in memory still.
            let entry = position * 2999 % 6000
            try index.look(up: entry, lookup)
            try index.read(0, lookup, into: &buffer)
            try index.read(1, lookup, into: &buffer)
            #expect(try lookup.path(0).hasSuffix("picture-\(entry % 1500).jpg"))
            most = max(most, lookup.blocksRead - last)
            last = lookup.blocksRead
        }
        #expect(most <= 4)
        // Nearly always a row, two members in one block, and a path.
        #expect(lookup.blocksRead <= 6000 * 3 + 200)
    }
}

@Suite("Whether a list is what it was when it was indexed")
struct ListSamenessTests {
    private let folder: TemporaryFolder

    /// A list of 60,000 entries, of which an index that only looks into a part of it sees few.
    init() throws {
        folder = try TemporaryFolder()
        try folder.write("raw/s.tar", tarBytes(["s/0.jpg": "0", "s/1.jpg": "1", "s/t.json": "t"]))
        try write([])
    }

    private func write(_ edited: Set<Int>, at time: Int = 1_600_000_000) throws {
        let entries = (0..<60_000).map {
            #"{"image": "s/\#(edited.contains($0) ? 1 : 0).jpg", "annotation": "s/t.json"}"#
        }
        try folder.write("list.json", "[\(entries.joined(separator: ", "))]")
        try folder.setTime("list.json", time)
    }

    private func open() throws -> SampleIndex {
        try SampleIndex(
            list: folder["list.json"], images: folder["raw"], annotations: folder["raw"])
    }

    @Test("Entries that were corrected are found, though the list is as long as it was")
    func corrected() throws {
        let old = try open()
        try write([20_001, 40_003], at: 1_600_000_001)
        let index = try open()
        #expect(index.isBuilt)
        #expect(index.fingerprint != old.fingerprint)
        let images = try [20_000, 20_001, 40_003].map { try index.paths($0).image }
        #expect(images == ["s/0.jpg", "s/1.jpg", "s/1.jpg"])
    }

    @Test("A list that was copied keeps its index, and is read again once")
    func copied() throws {
        _ = try open()
        let before = try folder.names("raw/.redcaps")
        try folder.setTime("list.json", 1_600_000_005)
        #expect(try !open().isBuilt)
        let times = try folder.names("raw/.redcaps").filter { !before.contains($0) }
        #expect(times.count == 1 && times.first?.hasSuffix(".times") == true)
        #expect(try !open().isBuilt)
        // From then on that time is trusted, too.
        try write([5], at: 1_600_000_005)
        #expect(try open().paths(5).image == "s/0.jpg")
        try folder.remove("raw/.redcaps/\(try #require(times.first))")
        #expect(try open().paths(5).image == "s/1.jpg")
    }

    @Test("Both at once, other times of a shard and of a list, keep the index")
    func everything() throws {
        let old = try open()
        try folder.setTime("list.json", 1_600_000_005)
        try folder.setTime("raw/s.tar", 1_600_000_005)
        let index = try open()
        #expect(!index.isBuilt)
        #expect(index.fingerprint == old.fingerprint)
        #expect(try index.images.bytes(of: "s/1.jpg") == Array("1".utf8))
    }
}
