import RedCapsBase
import RedCapsTar

/// Which files go into which shard, in which order.
struct ShardPlan: Sendable {
    struct Shard: Sendable {
        /// The file's name, such as `00123.tar`.
        fileprivate(set) var name: String
        /// The places of its files in the table.
        fileprivate(set) var files: Range<Int>
        /// The length of its files in bytes.
        fileprivate(set) var byteCount: UInt64
    }

    private(set) var shards: [Shard] = []
    /// Groups of files with one key.
    private(set) var samples = 0
    /// Groups without an image that is followed by its annotation.
    private(set) var unpaired = 0
    /// The first of them.
    private(set) var firstUnpaired: String?
    /// The length of all files in bytes.
    private(set) var byteCount: UInt64 = 0

    /// Arranges the files of a sorted table and divides them.
    /// - Throws: `invalid` for an image whose path can't be listed because it isn't UTF-8.
    init(
        _ table: FileTable, _ sharding: Packing.Sharding, _ monitor: PackingMonitor,
        _ observer: PackingObserver
    ) throws(StoreError) {
        let byFolder = sharding == .automatic && Self.isNumbered(table)
        var folder: [UInt8] = []
        var load = Load()
        var start = 0
        while start < table.count {
            if samples % 1024 == 0 { try monitor.pulse(observer) }
            let group = start..<table.groupEnd(start)
            let paths = try arrange(group, table)
            var added = Load()
            for (position, path) in zip(group, paths) {
                added.add(path, table[position].size)
            }
            if byFolder, let first = paths.first, let head = SampleKey.numberedFolder(of: first) {
                if shards.isEmpty || !head.elementsEqual(folder) {
                    folder = Array(head)
                    begin(at: start, name: String(decoding: head, as: UTF8.self) + ".tar")
                }
            } else if shards.isEmpty || load.isFull(for: added, sharding) {
                begin(at: start, name: "")
                load = Load()
            }
            load.join(added)
            extend(to: group.upperBound, bytes: added.contents)
            samples += 1
            start = group.upperBound
        }
        if !byFolder { number() }
    }

    private mutating func begin(at start: Int, name: String) {
        shards.append(Shard(name: name, files: start..<start, byteCount: 0))
    }

    private mutating func extend(to end: Int, bytes: UInt64) {
        let last = shards.count - 1
        shards[last].files = shards[last].files.lowerBound..<end
        shards[last].byteCount += bytes
        byteCount += bytes
    }

    /// Names the shards by their numbers, all of one width so that they sort.
    private mutating func number() {
        let width = max(5, String(max(0, shards.count - 1)).utf8.count)
        for place in shards.indices {
            let digits = String(place)
            shards[place].name =
                String(repeating: "0", count: width - digits.utf8.count) + digits + ".tar"
        }
    }

    private mutating func arrange(
        _ group: Range<Int>, _ table: FileTable
    ) throws(StoreError) -> [[UInt8]] {
        let paths = group.map { table.path($0) }
        let arrangement = SampleArrangement(paths)
        table.rearrange(group, arrangement.places)
        let arranged = arrangement.places.map { paths[$0] }
        if arrangement.pairs.isEmpty {
            unpaired += 1
            if firstUnpaired == nil {
                firstUnpaired = arranged.first.map { String(decoding: $0, as: UTF8.self) }
            }
        }
        for place in arrangement.pairs {
            for path in arranged[place...(place + 1)] where !ManifestWriter.canList(path) {
                throw StoreError(
                    .invalid, file: String(decoding: path, as: UTF8.self),
                    reason: "a name that isn't UTF-8 can't be listed in JSON; rename the file")
            }
        }
        return arranged
    }

    private static func isNumbered(_ table: FileTable) -> Bool {
        (0..<table.count).allSatisfy { SampleKey.numberedFolder(of: table.path($0)) != nil }
    }

    /// How full a shard is.
    private struct Load {
        private static let block = UInt64(TarHeader.size)

        var samples = 1
        /// The length of the files.
        var contents: UInt64 = 0
        /// Their length in a tar: with headers and padding.
        var packed: UInt64 = 0

        mutating func add(_ path: [UInt8], _ size: UInt64) {
            contents += size
            packed += Self.block + TarHeader.padded(size)
            // A long name comes before the header, as a member of its own.
            if path.count > 100 { packed += Self.block + TarHeader.padded(UInt64(path.count) + 1) }
        }

        mutating func join(_ other: Load) {
            samples += 1
            contents += other.contents
            packed += other.packed
        }

        /// Whether a shard should end before `next`. `samples` counts from 1: that is `next`.
        func isFull(for next: Load, _ sharding: Packing.Sharding) -> Bool {
            switch sharding {
            case .automatic: samples > Packing.Sharding.defaultSamples
            case .samples(let limit): samples > limit
            // The end marker has two blocks.
            case .bytes(let limit): packed + next.packed + 2 * Self.block > limit
            }
        }
    }
}
