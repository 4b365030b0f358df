import RedCapsBase
import Foundation
import RedCapsTar
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#endif

@Suite("Reading from shards")
struct ReadingTests {
    @Test(
        "What this machine's tar packs is served whole, in whatever order it packs",
        arguments: [[], ["--format=ustar"], ["--format=pax"]])
    func packed(options: [String]) throws {
        let folder = try TemporaryFolder()
        let names = (0..<30).flatMap { ["00007/\($0).jpg", "00007/ü \($0).json"] }
        for (number, name) in names.enumerated() {
            let bytes = (0..<(number * 97)).map { UInt8(truncatingIfNeeded: $0 &* (number + 3)) }
            try folder.write("tree/\(name)", bytes)
        }
        let tar = try #require(findProgram("tar"))
        let packing = options + ["-cf", folder["00007.tar"], "-C", folder["tree"], "00007"]
        #expect(try run(tar, packing).status == 0)
        let tree = FolderStore(folder["tree"])
        let shards = try DatasetFolder(folder.path)
        #expect(shards.index?.memberCount == names.count + 1)
        for name in names {
            let packed = try shards.bytes(of: name)
            #expect(try packed == tree.bytes(of: name))
        }
    }

    @Test("The buffer is reused: its memory moves only for a member larger than all before")
    func reuse() throws {
        let folder = try TemporaryFolder()
        let sizes = [90_000, 10, 90_000, 89_999, 0, 512, 90_000]
        var bytes: [UInt8] = []
        for (number, size) in sizes.enumerated() {
            let body = String(repeating: "\(number)", count: size)
            bytes += tarHeader("\(number).jpg", size: size) + tarBody(body)
        }
        try folder.write("0.tar", bytes + tarEnd)
        let store = TarShardStore(try TarIndex(folder: folder.path))
        var buffer = ReadBuffer()
        var addresses: Set<UInt> = []
        for (number, size) in sizes.enumerated() {
            try store.read(try store.locate("0/\(number).jpg"), into: &buffer)
            #expect(buffer.copy() == Array(String(repeating: "\(number)", count: size).utf8))
            let address = buffer.withBytes { bytes in
                bytes.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
            }
            // A span of no bytes may have no address.
            if size > 0 { addresses.insert(address) }
        }
        #expect(addresses.count == 1)
    }

    @Test("Members beyond 4 and 8 GB are found, and one that is too large is refused unread")
    func large() throws {
        let folder = try TemporaryFolder()
        let size = 9 << 30
        let path = try folder.write("0.tar", tarHeader("huge.bin", size: size))
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        // What lies between is a hole, which takes no room on the disk.
        try file.seek(toOffset: UInt64(512 + size))
        try file.write(contentsOf: tarHeader("x.jpg", size: 5) + tarBody("photo") + tarEnd)
        try file.close()
        let index = try TarIndex(shards: [path])
        #expect(index.shards.allSatisfy { $0.failure == nil })
        #expect(LibarchiveListing.members(of: path).members == ShardListing(path: path).members)
        let store = TarShardStore(index)
        #expect(try store.text("0/x.jpg") == "photo")
        #expect(try index.find(#require(MemberPath("0/x.jpg"))).offset == UInt64(size + 1024))
        let error = #expect(throws: StoreError.self) { try store.bytes(of: "0/huge.bin") }
        #expect(
            error
                == StoreError(
                    .tooLarge, file: path, member: "huge.bin", byteOffset: 512,
                    reason: "9663676416 bytes, more than 2147483648"))
    }

    @Test("A layer that has something unfit under a name isn't passed over in silence")
    func layers() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("0.tar", tarHeader("x.jpg", size: 0, type: "2") + tarEnd)
        let top = TarShardStore(try TarIndex(shards: [path]))
        let store = LayeredStore([top, try MemoryStore(["x.jpg": [1], "y.jpg": [2]])])
        let error = #expect(throws: StoreError.self) { try store.locate("x.jpg") }
        #expect(error?.code == .notAFile)
        #expect(try store.bytes(of: "y.jpg") == [2])
    }
}
