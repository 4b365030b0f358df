import RedCapsBase

/// Opens the files of a table, for one thread.
final class PackingSource {
    private static let openTarLimit = 8

    private let table: FileTable
    private let place: Place
    private var open: [(number: UInt32, file: OpenFile)] = []

    /// Where the files are.
    enum Place: Sendable {
        case tree(String)
        case tars(TarInputs)
    }

    init(_ table: FileTable, _ place: Place) {
        self.table = table
        self.place = place
    }

    /// Opens the file that holds a file's bytes.
    /// - Throws: `changed` if it isn't as long as when it was found, or is a tar that was written to
    ///   since.
    func open(_ position: Int) throws(StoreError) -> (file: OpenFile, offset: UInt64) {
        let record = table[position]
        switch place {
        case .tree(let root):
            let name = root + "/" + text(position)
            // By bytes: a name needn't be UTF-8.
            let file = try OpenFile(
                bytes: Array(root.utf8) + [UInt8(ascii: "/")] + table.path(position))
            let size = try file.size()
            guard size == record.size else {
                throw StoreError(
                    .changed, file: name,
                    reason: "had \(record.size) bytes when the tree was listed and has "
                        + "\(size) now; pack again when nobody writes to the tree")
            }
            return (file, 0)
        case .tars(let tars):
            return (try tar(record.source, tars), record.offset)
        }
    }

    /// An error about a file, told of the place that the caller knows.
    func place(of position: Int, _ error: StoreError) -> StoreError {
        guard case .tars(let tars) = place else { return error }
        return StoreError(
            error.code, file: tars.inputs[Int(table[position].source)].name,
            member: text(position), byteOffset: error.byteOffset, reason: error.reason)
    }

    private func text(_ position: Int) -> String {
        String(decoding: table.path(position), as: UTF8.self)
    }

    /// Makes sure that what was read of tars is what they held when they were listed.
    /// - Throws: `changed` if one of those that are open was written to since.
    func check() throws(StoreError) {
        guard case .tars(let tars) = place else { return }
        for (number, file) in open { try check(file, number, tars) }
    }

    private func check(
        _ file: OpenFile, _ number: UInt32, _ tars: TarInputs
    ) throws(StoreError) {
        let input = tars.inputs[Int(number)]
        guard try file.stamp() == input.stamp else {
            throw StoreError(
                .changed, file: input.name,
                reason: "was changed after it was listed; pack again when nobody writes to it")
        }
    }

    /// A few tars stay open: neighbours in the order often lie in the same.
    private func tar(_ number: UInt32, _ tars: TarInputs) throws(StoreError) -> OpenFile {
        if let found = open.last(where: { $0.number == number }) { return found.file }
        if open.count >= Self.openTarLimit {
            try check(open[0].file, open[0].number, tars)
            open.removeFirst()
        }
        let input = tars.inputs[Int(number)]
        let file: OpenFile
        do throws(StoreError) { file = try OpenFile(input.path) } catch {
            throw input.speaking(error)
        }
        try check(file, number, tars)
        open.append((number, file))
        return file
    }
}
