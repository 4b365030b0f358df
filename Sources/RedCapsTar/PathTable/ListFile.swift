package import RedCapsBase

/// A list that a table was made of.
package struct ListFile: Sendable, Hashable {
    package let name: String
    let stamp: FileStamp

    /// Looks a list up.
    package init(_ path: String, name: String) throws(StoreError) {
        self.init(name: name, stamp: try OpenFile(path).stamp())
    }

    init(name: String, stamp: FileStamp) {
        (self.name, self.stamp) = (name, stamp)
    }
}

/// The times under which a table's lists were found to be what they were when it was made, kept
/// beside the table, so that a copied list is read again once and not whenever it is opened.
struct ListTimes {
    private let state: JobState
    private let name: String

    /// - Parameters:
    ///   - folder: Where the table lies.
    ///   - table: The name of its file.
    init(in folder: String, of table: String) {
        state = JobState(folder, job: "list")
        name = table + ".times"
    }

    /// The lists' lengths and times; `nil` if there are none for this table.
    func read(_ table: UInt64) -> [FileStamp]? {
        guard case .current(var reader) = state.read(name), reader.number(8) == table,
            let count = reader.number(4)
        else { return nil }
        var stamps: [FileStamp] = []
        for _ in 0..<count {
            guard let size = reader.number(8), let time = reader.number(8) else { return nil }
            stamps.append(FileStamp(byteCount: size, modified: Int64(bitPattern: time)))
        }
        return stamps
    }

    func write(_ stamps: [FileStamp], _ table: UInt64) throws(StoreError) {
        var bytes = PackedBytes()
        bytes.append(table, width: 8)
        bytes.append(UInt64(stamps.count), width: 4)
        for stamp in stamps {
            bytes.append(stamp.byteCount, width: 8)
            bytes.append(UInt64(bitPattern: stamp.modified), width: 8)
        }
        try state.write(bytes, as: name)
    }
}
