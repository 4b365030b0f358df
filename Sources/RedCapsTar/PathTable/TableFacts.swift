import RedCapsBase

/// What a table of paths says of itself.
struct TableFacts: Sendable {
    var origin: PathTable.Origin
    var rowCount: UInt64 = 0
    var missingCount: UInt64 = 0
    var missingByShard: [(name: String, count: Int)] = []
    var listHash: UInt64 = 0

    init(origin: PathTable.Origin) { self.origin = origin }

    /// - Returns: `nil` if the bytes aren't such facts.
    init?(_ bytes: [UInt8]) {
        var reader = PackedReader(bytes)
        guard let rowCount = reader.number(8), let missingCount = reader.number(8),
            let listHash = reader.number(8), let lists = reader.number(4)
        else { return nil }
        origin = PathTable.Origin(lists: [], folders: [])
        for _ in 0..<lists {
            guard let name = reader.string(), let size = reader.number(8),
                let time = reader.number(8), reader.number(8) != nil
            else { return nil }
            origin.lists.append(
                ListFile(
                    name: name,
                    stamp: FileStamp(byteCount: size, modified: Int64(bitPattern: time))))
        }
        guard let folders = reader.number(4) else { return nil }
        for _ in 0..<folders {
            guard let folder = reader.number(8) else { return nil }
            origin.folders.append(folder)
        }
        guard let names = reader.number(4) else { return nil }
        for _ in 0..<names {
            guard let name = reader.string(), let count = reader.number(8), count < 1 << 48 else {
                return nil
            }
            missingByShard.append((name, Int(count)))
        }
        self.rowCount = rowCount
        self.missingCount = missingCount
        self.listHash = listHash
    }

    var bytes: [UInt8] {
        var bytes = PackedBytes()
        bytes.append(rowCount, width: 8)
        bytes.append(missingCount, width: 8)
        bytes.append(listHash, width: 8)
        bytes.append(UInt64(origin.lists.count), width: 4)
        for list in origin.lists {
            bytes.append(list.name)
            bytes.append(list.stamp.byteCount, width: 8)
            bytes.append(UInt64(bitPattern: list.stamp.modified), width: 8)
            bytes.append(0, width: 8)  // by which earlier builds judge
        }
        bytes.append(UInt64(origin.folders.count), width: 4)
        for folder in origin.folders { bytes.append(folder, width: 8) }
        bytes.append(UInt64(missingByShard.count), width: 4)
        for (name, count) in missingByShard {
            bytes.append(name)
            bytes.append(UInt64(count), width: 8)
        }
        return bytes.bytes
    }
}
