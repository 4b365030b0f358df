import FuzzSupport
import RedCapsTar

/// The input is a tar. Headers get the checksums that they ask for, except where a checksum's first
/// byte is 0xFF.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var bytes = Array(UnsafeBufferPointer(start: start, count: count))
    for header in stride(from: 0, through: bytes.count - 512, by: 512) {
        seal(&bytes, at: header)
    }
    scratch.write("input.tar", bytes)
    let listing = ShardListing(path: scratch["input.tar"])
    check(listing.byteCount == UInt64(bytes.count), "another length")
    for member in listing.members where member.kind == .file && listing.failure == nil {
        check(
            member.offset <= listing.byteCount && member.size <= listing.byteCount - member.offset,
            "\(member) is outside of the file, and nobody has noticed")
    }
    guard let index = try? TarIndex(shards: [scratch["input.tar"]]) else { return 0 }
    check(index.memberCount == listing.members.count, "the index has other members")
    let store = TarShardStore(index)
    var buffer = ReadBuffer()
    do {
        try index.forEachServed { entry in
            let found = try? index.find(entry.path)
            check(
                found?.offset == entry.offset && found?.size == entry.size,
                "\(entry) is served, but found as \(String(describing: found))")
            // Text can't ask for a path that isn't UTF-8.
            let text = entry.path.description
            guard entry.path.bytes.elementsEqual(text.utf8) else { return }
            do throws(StoreError) {
                try store.read(try store.locate(text), into: &buffer)
                check(buffer.count == Int(entry.size), "\(entry) has \(buffer.count) bytes")
            } catch {
                // A shard that ends too early, or a member of more than the store reads at once.
                check(error.code == .truncated || error.code == .tooLarge, "\(error)")
            }
        }
    } catch {
        check(false, "\(error)")
    }
    return 0
}

/// Writes the first inputs. libFuzzer calls it once, before all else.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
    _ count: UnsafeMutablePointer<CInt>?,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>?
) -> CInt {
    plant([])  // the seeds are the archives of the tests
    return 0
}

private let scratch = Scratch()

private func seal(_ bytes: inout [UInt8], at header: Int) {
    let sum = (header + 148)..<(header + 156)
    guard bytes[sum.lowerBound] != 0xFF,
        bytes[(header + 257)..<(header + 262)].elementsEqual("ustar".utf8)
            || bytes[(header + 257)..<(header + 512)].allSatisfy({ $0 == 0 })
                && bytes[header] != 0
    else { return }
    bytes.replaceSubrange(sum, with: repeatElement(UInt8(ascii: " "), count: 8))
    let total = bytes[header..<(header + 512)].reduce(0) { $0 + Int($1) }
    let digits = String(total, radix: 8)
    let text = String(repeating: "0", count: 6 - digits.count) + digits + "\0 "
    bytes.replaceSubrange(sum, with: text.utf8)
}
