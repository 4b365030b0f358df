import RedCapsBase
import RedCapsImage

/// The files to be packed: 36 bytes each and their path, so that ten million of them fit in memory.
///
/// @unchecked Sendable: one thread fills and sorts it before others read it.
@safe final class FileTable: @unchecked Sendable {
    /// Where a file's bytes are.
    struct Record: BitwiseCopyable {
        fileprivate var path: UInt64
        /// How many bytes it has.
        let size: UInt64
        /// Where they begin in the tar that holds them; 0 for a file of its own.
        let offset: UInt64
        /// The number of the tar that holds them.
        let source: UInt32
        fileprivate var pathLength: UInt16
        fileprivate var keyLength: UInt16
    }

    private var records = PackedMemory<Record>()
    /// The paths, a NUL after each so that they can be handed to the system as they are.
    private var paths = PackedMemory<UInt8>()
    /// The files' order, as numbers of records.
    private var order = PackedMemory<UInt32>()

    /// How many files there are.
    var count: Int { order.count }

    /// Adds a file.
    /// - Throws: `tooLarge` for a path or a number of files that no list holds.
    func append(
        _ path: [UInt8], size: UInt64, source: UInt32 = 0, offset: UInt64 = 0
    ) throws(StoreError) {
        guard path.count <= Int(UInt16.max), records.count < Int(UInt32.max) else {
            throw StoreError(
                .tooLarge, file: String(decoding: path.prefix(100), as: UTF8.self),
                reason: "a path of \(path.count) bytes, or more than \(records.count) files")
        }
        let record = Record(
            path: UInt64(paths.count), size: size, offset: offset, source: source,
            pathLength: UInt16(path.count), keyLength: UInt16(SampleKey.length(of: path)))
        try paths.reserve(path.count + 1)
        var failure: StoreError?
        unsafe path.withUnsafeBufferPointer { path in
            do throws(StoreError) { unsafe try paths.append(contentsOf: path) } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        try paths.append(0)
        try order.append(UInt32(records.count))
        try records.append(record)
    }

    /// Brings the files into the order of their keys, then of their paths, then of their coming.
    func sort(
        _ monitor: PackingMonitor, _ observer: PackingObserver
    ) throws(StoreError) {
        var comparisons = 0
        do {
            try order.sort { left, right in
                comparisons += 1
                if comparisons % 65536 == 0 { try monitor.pulse(observer) }
                return precedes(left, right)
            }
        } catch {
            throw error as? StoreError
                ?? StoreError(.system, file: "files", reason: "\(error)")
        }
    }

    /// Forgets all files.
    func removeAll() {
        records.truncate(to: 0)
        paths.truncate(to: 0)
        order.truncate(to: 0)
    }

    /// Of a sorted table, a name without a folder that two tars have, for different things: the same
    /// path, or an image of the same sample in each.
    /// - Returns: The files' places; `nil` if there is no such name.
    func sharedBareName() -> (Int, Int)? {
        var start = 0
        while start < count {
            let end = groupEnd(start)
            defer { start = end }
            guard end - start > 1, !path(start).contains(UInt8(ascii: "/")) else { continue }
            var image: Int?
            for place in start..<end {
                if place > start, self[place].source != self[place - 1].source,
                    comparePaths(order[place], order[place - 1]) == 0
                {
                    return (place - 1, place)
                }
                let name = String(decoding: path(place), as: UTF8.self)
                guard ImageFormat.isImageName(name) else { continue }
                if let image, self[image].source != self[place].source { return (image, place) }
                image = place
            }
        }
        return nil
    }

    /// Of files with the same path, keeps the last that came.
    /// - Returns: How many were dropped.
    func dropReplaced() -> Int {
        var kept = 0
        for position in 0..<count {
            if position + 1 < count, comparePaths(order[position], order[position + 1]) == 0 {
                continue
            }
            order[kept] = order[position]
            kept += 1
        }
        defer { order.truncate(to: kept) }
        return count - kept
    }

    subscript(position: Int) -> Record { records[Int(order[position])] }

    /// A copy of a file's path.
    func path(_ position: Int) -> [UInt8] {
        let record = self[position]
        let start = Int(record.path)
        return unsafe Array(paths.all[start..<(start + Int(record.pathLength))])
    }

    /// Lends a file's path to the system.
    func withPath<Result>(_ position: Int, _ body: (UnsafePointer<CChar>) -> Result) -> Result {
        let start = unsafe paths.all.baseAddress.unsafelyUnwrapped + Int(self[position].path)
        return unsafe start.withMemoryRebound(
            to: CChar.self, capacity: Int(self[position].pathLength) + 1
        ) { unsafe body($0) }
    }

    /// Where the group ends that begins at a position.
    func groupEnd(_ start: Int) -> Int {
        var end = start + 1
        while end < count, sharesKey(start, end) { end += 1 }
        return end
    }

    /// Puts a group's files into another order.
    /// - Parameter places: For each place, which of the group's files comes there.
    func rearrange(_ group: Range<Int>, _ places: [Int]) {
        let old = group.map { order[$0] }
        for (place, from) in places.enumerated() { order[group.lowerBound + place] = old[from] }
    }

    private func sharesKey(_ left: Int, _ right: Int) -> Bool {
        let (a, b) = (self[left], self[right])
        return a.keyLength == b.keyLength && compare(a, b, Int(a.keyLength), Int(b.keyLength)) == 0
    }

    private func precedes(_ left: UInt32, _ right: UInt32) -> Bool {
        let (a, b) = (records[Int(left)], records[Int(right)])
        var result = compare(a, b, Int(a.keyLength), Int(b.keyLength))
        if result == 0 { result = compare(a, b, Int(a.pathLength), Int(b.pathLength)) }
        return result == 0 ? left < right : result < 0
    }

    private func comparePaths(_ left: UInt32, _ right: UInt32) -> Int {
        let (a, b) = (records[Int(left)], records[Int(right)])
        return compare(a, b, Int(a.pathLength), Int(b.pathLength))
    }

    private func compare(_ a: Record, _ b: Record, _ aLength: Int, _ bLength: Int) -> Int {
        let start = unsafe paths.all.baseAddress.unsafelyUnwrapped
        let common = unsafe memcmp(
            start + Int(a.path), start + Int(b.path), min(aLength, bLength))
        return common != 0 ? Int(common) : aLength - bLength
    }
}
