import RedCapsBase
import RedCapsTar
import TestSupport
import Testing

@Suite("The index that lies on disk")
struct KeptIndexTests {
    /// Two shards whose files have one byte each, and what an index of them serves.
    private struct Shards {
        let folder: TemporaryFolder

        init(inMemory: Bool = false) throws {
            folder = inMemory ? try .inMemory() : try TemporaryFolder()
            try write("a", "1")
            try write("b", "2")
        }

        func write(_ shard: String, _ text: String, at time: Int = 1_600_000_000) throws {
            try folder.write(
                "raw/\(shard).tar", tarBytes(["\(shard)/x.jpg": text, "\(shard)/\(text)": ""]))
            try folder.setTime("raw/\(shard).tar", time)
        }

        func open(_ raw: String = "raw") throws -> TarIndex { try TarIndex(folder: folder[raw]) }

        /// Each served path with its bytes, in the order of the index.
        func served(_ index: TarIndex) throws -> [String] {
            let store = TarShardStore(index)
            var served: [String] = []
            try index.forEachServed { entry in
                served.append(
                    "\(entry.path) \((try? store.text(entry.path.description)) ?? "unreadable")")
            }
            return served
        }

        static let whole = ["a/x.jpg 1", "a/1 ", "b/x.jpg 2", "b/2 "]
        static let names = ["raw/.redcaps/members-1.index", "raw/.redcaps/shards-1.index"]
    }

    @Test("Who opens a folder again builds nothing, and sees the same")
    func again() throws {
        let set = try Shards()
        let first = try set.open()
        #expect(first.isBuilt)
        #expect(try set.served(first) == Shards.whole)
        let before = try Shards.names.map(set.folder.bytes)
        let second = try set.open()
        #expect(!second.isBuilt)
        #expect(second.identity == first.identity)
        #expect(second.files == Shards.names.map { set.folder[$0] })
        #expect(try set.served(second) == Shards.whole)
        #expect(try Shards.names.map(set.folder.bytes) == before)
        #expect(try set.folder.names("raw/.redcaps").filter { $0.contains("tmp") } == [])
    }

    @Test("A shard under another spelling of its name is another shard")
    func spelling() throws {
        let set = try Shards()
        try set.write("e\u{301}", "3")
        _ = try set.open()
        try set.folder.move("raw/e\u{301}.tar", to: "raw/\u{E9}.tar")
        let index = try set.open()
        #expect(index.shards.contains { $0.name.utf8.elementsEqual("\u{E9}.tar".utf8) })
        #expect(try TarShardStore(index).text("e\u{301}/x.jpg") == "3")
        #expect(throws: StoreError.self) { try TarShardStore(index).text("\u{E9}/x.jpg") }
    }

    @Test("Only new shards are read, and those that are gone are dropped")
    func piecewise() throws {
        let set = try Shards()
        _ = try set.open()
        // As long and as old as it was: nobody looks into it, so its old names remain.
        try set.write("a", "7")
        try set.write("c", "3")
        let grown = try set.open()
        #expect(grown.isBuilt)
        #expect(grown.shards.map(\.name) == ["a.tar", "b.tar", "c.tar"])
        #expect(
            try set.served(grown) == ["a/x.jpg 7", "a/1 "] + Shards.whole[2...]
                + ["c/x.jpg 3", "c/3 "])
        try set.folder.remove("raw/b.tar")
        let shrunk = try set.open()
        #expect(shrunk.isBuilt)
        #expect(try set.served(shrunk) == ["a/x.jpg 7", "a/1 ", "c/x.jpg 3", "c/3 "])
        #expect(shrunk.memberCount == 4)
        // To read everything again is the user's wish.
        let anew = try TarIndex(folder: set.folder["raw"], rebuilds: true)
        #expect(try set.served(anew) == ["a/x.jpg 7", "a/7 ", "c/x.jpg 3", "c/3 "])
    }

    @Test("A shard with another time and other bytes is read again, whatever its length")
    func replaced() throws {
        let set = try Shards()
        _ = try set.open()
        try set.write("a", "7", at: 1_600_000_001)
        let index = try set.open()
        #expect(index.isBuilt)
        #expect(try set.served(index) == ["a/x.jpg 7", "a/7 "] + Shards.whole[2...])
    }

    @Test("A shard with another length is read again, though its time is the same")
    func grown() throws {
        let set = try Shards()
        _ = try set.open()
        try set.folder.write(
            "raw/b.tar", tarBytes(["b/x.jpg": "2", "b/2": "", "b/y.jpg": "new"]))
        try set.folder.setTime("raw/b.tar", 1_600_000_000)
        let index = try set.open()
        #expect(index.isBuilt)
        #expect(try set.served(index) == Shards.whole + ["b/y.jpg new"])
    }

    @Test("A copied, moved or touched data set keeps its index")
    func copied() throws {
        let set = try Shards()
        _ = try set.open()
        try set.folder.copy("raw", to: "other/place")
        for (number, shard) in ["a", "b"].enumerated() {
            try set.folder.setTime("other/place/\(shard).tar", 1_700_000_000 + number)
        }
        for _ in 0..<2 {
            let copy = try set.open("other/place")
            #expect(!copy.isBuilt)
            #expect(try set.served(copy) == Shards.whole)
            #expect(copy.files.allSatisfy { $0.hasPrefix(set.folder["other/place"]) })
        }
        // The new times are remembered: now other bytes of the same length aren't looked for.
        try set.folder.overwrite("other/place/a.tar", at: 512, Array("9".utf8))
        try set.folder.setTime("other/place/a.tar", 1_700_000_000)
        #expect(try !set.open("other/place").isBuilt)
        try set.folder.move("other/place", to: "moved")
        #expect(try !set.open("moved").isBuilt)
    }

    @Test("Whatever byte of an index is damaged, what is served is right")
    func everyByte() throws {
        let set = try Shards(inMemory: true)
        _ = try set.open()
        let sound = try Shards.names.map(set.folder.bytes)
        for (name, bytes) in zip(Shards.names, sound) {
            for place in stride(from: 0, to: bytes.count, by: 29) + Array(0..<64) {
                try set.folder.overwrite(
                    name, at: place, [bytes[place] ^ 1 << UInt8(place % 8)])
                let index = try set.open()
                #expect(try set.served(index) == Shards.whole, "byte \(place) of \(name)")
                for (name, bytes) in zip(Shards.names, sound) {
                    try set.folder.write(name, bytes)
                }
            }
        }
    }

    @Test("An index that was cut, emptied, or is another file or format, is built again")
    func otherFiles() throws {
        let set = try Shards(inMemory: true)
        _ = try set.open()
        let sound = try Shards.names.map(set.folder.bytes)
        for (number, name) in Shards.names.enumerated() {
            let bytes = sound[number]
            // The version lies behind the eight bytes of the name of the format.
            var newer = bytes
            newer[8] = 2
            let others: [[UInt8]] = [
                [], Array(bytes[..<1]), Array(bytes[..<4095]), Array(bytes[..<4096]),
                bytes.dropLast(), bytes + [0], newer, sound[1 - number],
                Array("no index at all".utf8), [UInt8](repeating: 0, count: bytes.count),
                [UInt8](repeating: 0xFF, count: bytes.count),
            ]
            for (kind, other) in others.enumerated() {
                try set.folder.write(name, other)
                let index = try set.open()
                #expect(try set.served(index) == Shards.whole, "\(kind) of \(name)")
                try set.open().check()
                #expect(try set.folder.bytes(name) == bytes, "\(kind) of \(name)")
            }
        }
    }

    @Test("An index that is damaged or cut while it is in use is built again, or is an error")
    func damagedInUse() throws {
        for length in [0, 1, 4095, 4096, 8192] {
            let set = try Shards(inMemory: true)
            _ = try set.open()
            let index = try set.open()
            let whole = try set.folder.bytes(Shards.names[0]).count
            if length < whole { try set.folder.cut(Shards.names[0], to: length) }
            #expect(try set.served(index) == Shards.whole, "cut to \(length)")
            try set.open().check()
        }
        // Of shards that aren't those any more, nothing can be built that would fit.
        let set = try Shards(inMemory: true)
        _ = try set.open()
        let index = try set.open()
        try set.folder.cut(Shards.names[0], to: 4096)
        try set.write("a", "7", at: 1_600_000_001)
        let error = #expect(throws: StoreError.self) { try set.served(index) }
        #expect(error?.code == .damagedIndex)
        #expect(try set.served(try set.open()) == ["a/x.jpg 7", "a/7 "] + Shards.whole[2...])
    }

    @Test("An index that another process replaces while it is in use goes on as it was")
    func replacedInUse() throws {
        let set = try Shards()
        let index = try set.open()
        try set.write("c", "3")
        #expect(try set.open().isBuilt)
        #expect(try set.served(index) == Shards.whole)
    }

    @Test("A stream tells how far the building is, and ends with the index")
    func stream() async throws {
        let set = try Shards()
        var told: [Int] = []
        var index: TarIndex?
        for try await event in TarIndex.opening(folder: set.folder["raw"]) {
            switch event {
            case .progress(let progress):
                #expect(progress.shardCount == 2)
                told.append(progress.finishedShards)
            case .report(let opened): index = opened
            }
        }
        #expect(told == [1, 2])
        #expect(try set.served(try #require(index)) == Shards.whole)
        await #expect(throws: StoreError.self) {
            for try await _ in TarIndex.opening(folder: set.folder["nothing"]) {}
        }
    }

    @Test("A building that is stopped leaves no index, and the next one builds")
    func stopped() throws {
        let set = try Shards()
        let cancellation = Cancellation()
        let error = #expect(throws: StoreError.self) {
            try TarIndex(folder: set.folder["raw"], cancellation: cancellation) { _ in
                cancellation.cancel()
            }
        }
        #expect(error?.code == .cancelled)
        let left = try set.folder.names("raw/.redcaps")
        #expect(left.filter { $0 != "lock" } == [])
        #expect(try set.open().isBuilt)
    }
}
