import RedCapsBase
import RedCapsTar
import TestSupport
import Testing

@Suite("Whether shards are what they were when they were indexed")
struct SamenessTests {
    private let folder: TemporaryFolder

    /// A shard of 2,000 members, of which an index that only looks into a part of it sees few.
    init() throws {
        folder = try TemporaryFolder()
        try write()
    }

    private static func text(_ number: Int) -> String { "caption \(number)" }

    private func write(
        _ edited: [Int: (name: String, text: String)] = [:], at time: Int = 1_600_000_000
    ) throws {
        let members = (0..<2000).flatMap { number in
            let (name, text) = edited[number] ?? ("s/\(number)", Self.text(number))
            return tarHeader(name, size: text.utf8.count) + tarBody(text)
        }
        try folder.write("raw/s.tar", members + tarEnd)
        try folder.setTime("raw/s.tar", time)
    }

    private func open() throws -> TarIndex { try TarIndex(folder: folder["raw"]) }

    @Test("A caption that became longer within its block is read whole, under a later time")
    func longer() throws {
        let old = try open()
        for number in [3, 1001, 1500] {
            try write([number: ("s/\(number)", "a longer \(number)")], at: 1_600_000_000 + number)
            let index = try open()
            #expect(index.isBuilt)
            #expect(index.identity != old.identity)
            let store = TarShardStore(index)
            #expect(try store.text("s/\(number)") == "a longer \(number)")
            #expect(try store.text("s/7") == Self.text(7))
        }
    }

    @Test("A name that was changed is found, and the old one isn't")
    func renamed() throws {
        _ = try open()
        try write([1001: ("s/x001", "caption 1001")], at: 1_600_000_001)
        let store = TarShardStore(try open())
        #expect(try store.text("s/x001") == "caption 1001")
        #expect(throws: StoreError.self) { try store.locate("s/1001") }
    }

    @Test("A caption of the same length keeps the index, and is read as it is now")
    func corrected() throws {
        let old = try open()
        try write([1001: ("s/1001", "CAPTION 1001")], at: 1_600_000_001)
        let index = try open()
        #expect(!index.isBuilt)
        #expect(index.identity == old.identity)
        #expect(try TarShardStore(index).text("s/1001") == "CAPTION 1001")
    }

    @Test("Of several shards with other times, those that are the same are kept")
    func several() throws {
        try folder.write("raw/t.tar", tarBytes(["t/1": "one"]))
        try folder.write("raw/u.tar", tarBytes(["u/1": "one"]))
        let old = try open()
        try folder.setTime("raw/s.tar", 1_600_000_009)
        try folder.write("raw/t.tar", tarBytes(["t/2": "two"]))
        try folder.setTime("raw/t.tar", 1_600_000_009)
        let index = try open()
        #expect(index.isBuilt)
        #expect(index.identity != old.identity)
        let store = TarShardStore(index)
        #expect(try (store.text("t/2"), store.text("s/9")) == ("two", "caption 9"))
        #expect(try !open().isBuilt)
    }

    @Test("A shard that is changed while it is in use serves what it holds now, or is an error")
    func inUse() throws {
        let store = TarShardStore(try open())
        let location = try store.locate("s/1001")
        #expect(try store.text("s/1001") == "caption 1001")
        // Other bytes, at the same place.
        try folder.overwrite("raw/s.tar", at: Int(location.offset), Array("CAPTION".utf8))
        try folder.setTime("raw/s.tar", 1_600_000_002)
        #expect(try store.text("s/1001") == "CAPTION 1001")
        // Another length, and a name that moves nothing.
        for (number, header) in [
            (1001, tarHeader("s/1001", size: 9)), (1003, tarHeader("s/x003", size: 12)),
        ] {
            try write()
            let store = TarShardStore(try open())
            let location = try store.locate("s/\(number)")
            try folder.overwrite("raw/s.tar", at: Int(location.offset) - 512, header)
            try folder.setTime("raw/s.tar", 1_600_000_003)
            var buffer = ReadBuffer()
            for path in ["s/\(number)", "s/1"] {
                let error = #expect(throws: StoreError.self) {
                    try store.read(try store.locate(path), into: &buffer)
                }
                #expect(error?.code == .changed, "\(path)")
            }
        }
    }

    @Test("A shard that is touched while it is in use goes on")
    func touchedInUse() throws {
        let store = TarShardStore(try open())
        for time in 1..<4 {
            try folder.setTime("raw/s.tar", 1_600_000_000 + time)
            #expect(try store.text("s/4") == "caption 4")
        }
    }
}
