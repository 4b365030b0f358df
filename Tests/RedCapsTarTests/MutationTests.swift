import RedCapsBase
import Foundation
import RedCapsTar
import TestSupport
import Testing

/// `REDCAPS_MUTATIONS` says how many files are changed; the same seed gives the same changes.
private let mutationCount =
    ProcessInfo.processInfo.environment["REDCAPS_MUTATIONS"].flatMap { Int($0) } ?? 500

@Suite("Files that were changed at random")
struct MutationTests {
    /// SplitMix64, so that a failure can be made again.
    private struct Draws: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
            return mixed ^ mixed >> 31
        }
    }

    /// Changes some bytes, takes blocks out or puts them twice, or cuts the file.
    private func mutate(_ bytes: inout [UInt8], block: Int, _ draws: inout Draws) {
        for _ in 0..<Int.random(in: 1...4, using: &draws) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &draws)
            switch UInt8.random(in: 0..<12, using: &draws) {
            case 0: bytes.removeSubrange(place...)
            case 1: bytes.removeSubrange((place / block * block)...)
            case 2:
                let start = place / block * block
                bytes.removeSubrange(start..<min(start + block, bytes.count))
            case 3:
                let start = place / block * block
                bytes.insert(
                    contentsOf: Array(bytes[start..<min(start + block, bytes.count)]), at: start)
            case 4, 5: bytes[place] = UInt8.random(in: 0...255, using: &draws)
            case 6, 7:
                // Digits of a size, or a type.
                let field = place / block * block + [124, 130, 135, 156][place % 4]
                if field < bytes.count {
                    bytes[field] = "0127xLSgK5\u{80}".utf8.randomElement(using: &draws) ?? 0
                }
            default: bytes[place] ^= 1 << UInt8(place % 8)
            }
        }
    }

    /// Puts the checksums of headers right, without which little of a changed tar would be read.
    private func seal(_ bytes: inout [UInt8]) {
        for start in stride(from: 0, to: bytes.count - 511, by: 512)
        where bytes[(start + 257)..<(start + 262)].elementsEqual("ustar".utf8) {
            bytes.replaceSubrange(
                start..<(start + 512), with: sealed(Array(bytes[start..<(start + 512)])))
        }
    }

    @Test("A changed tar is an error, or serves what lies in it")
    func tars() throws {
        var draws = Draws(state: 3)
        let folder = try TemporaryFolder.inMemory()
        let sound = try Archive.names.map { try Fixture.bytes("tars/\($0).tar") }
        var buffer = ReadBuffer()
        var (served, failed) = (0, 0)
        for number in 0..<mutationCount {
            var bytes = sound[number % sound.count]
            mutate(&bytes, block: 512, &draws)
            if number % 3 > 0 { seal(&bytes) }
            let path = try folder.write("a.tar", bytes)
            let listing = ShardListing(path: path)
            failed += listing.failure == nil ? 0 : 1
            for member in listing.members where member.kind == .file && listing.failure == nil {
                #expect(member.offset <= UInt64(bytes.count), "change \(number)")
                #expect(member.size <= UInt64(bytes.count) - member.offset, "change \(number)")
            }
            let store = TarShardStore(try TarIndex(shards: [path]))
            try store.index.forEachServed { entry in
                guard let text = String(validating: entry.path.bytes, as: UTF8.self) else { return }
                do throws(StoreError) {
                    try store.read(try store.locate(text), into: &buffer)
                    let range = Int(entry.offset)..<Int(entry.offset + entry.size)
                    #expect(buffer.copy() == Array(bytes[range]), "change \(number)")
                    served += 1
                } catch {
                    #expect(
                        [.truncated, .tooLarge].contains(error.code), "change \(number): \(error)")
                }
            }
        }
        // Neither of them alone.
        #expect(served > mutationCount)
        #expect(failed > mutationCount / 10)
    }

    @Test("A changed index is built again, and serves what lies in the shards")
    func indexes() throws {
        var draws = Draws(state: 5)
        let folder = try TemporaryFolder.inMemory()
        for name in ["gnu", "pax", "duplicates", "bare"] {
            try folder.write("raw/\(name).tar", try Fixture.bytes("tars/\(name).tar"))
        }
        func served(_ index: TarIndex) throws -> [String] {
            var rows: [String] = []
            try index.forEachServed { entry in
                let found = try index.find(entry.path)
                rows.append("\(entry.path) \(found.shard) \(found.offset) \(found.size)")
            }
            return rows
        }
        let whole = try served(TarIndex(folder: folder["raw"]))
        let files = try folder.names("raw/.redcaps").filter { $0.hasSuffix(".index") }
            .map { "raw/.redcaps/\($0)" }
        let sound = try files.map(folder.bytes)
        for number in 0..<mutationCount {
            let file = number % files.count
            var bytes = sound[file]
            mutate(&bytes, block: 4096, &draws)
            let isEarly = number % 3 > 0
            if isEarly { try folder.write(files[file], bytes) }
            let index = try TarIndex(folder: folder["raw"])
            if !isEarly { try folder.write(files[file], bytes) }
            #expect(try served(index) == whole, "change \(number) of \(files[file])")
            for (file, bytes) in zip(files, sound) { try folder.write(file, bytes) }
        }
    }
}
