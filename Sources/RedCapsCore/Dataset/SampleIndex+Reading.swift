package import RedCapsBase
package import RedCapsTar

extension SampleIndex {
    /// Looks an entry up.
    /// - Throws: `StoreError` if the index can't be read.
    package func look(up entry: Int, _ lookup: RowLookup) throws(StoreError) {
        try lookup.move(to: entry, of: table)
    }

    /// Reads the file of a part of the entry that was looked up.
    /// - Throws: `ManifestError` if the manifest has no such path, `StoreError` if it can't be read.
    package func read(
        _ column: Int, _ lookup: RowLookup, into buffer: inout ReadBuffer
    ) throws {
        if lookup.isAbsent(column) { throw ManifestError.absent(parts[column]) }
        try table.columns[column].store.read(try lookup.location(column), into: &buffer)
    }

    /// A sample's path as the manifest has it; empty if it has none.
    package func path(
        _ part: SamplePart, of index: Int, _ lookup: RowLookup = RowLookup()
    ) throws -> String {
        guard let column = parts.firstIndex(of: part) else { return "" }
        try look(up: index, lookup)
        return try lookup.path(column)
    }

    /// Says where a sample's file lies, for people.
    package func place(_ part: SamplePart, of index: Int) -> String {
        guard let column = parts.firstIndex(of: part) else { return part.name }
        do {
            let lookup = RowLookup()
            try look(up: index, lookup)
            return table.columns[column].store.describe(
                try lookup.location(column), of: try lookup.path(column))
        } catch {
            return "\(error)"
        }
    }

    /// How the samples' images are spread over shards.
    /// - Parameter omitted: Samples to leave out, in their order.
    package func imageRuns(omitting omitted: [Int]) throws -> ShardRuns {
        try table.shardRuns(column: 0, omitting: omitted)
    }
}

extension ManifestError {
    static func absent(_ part: SamplePart) -> ManifestError {
        ManifestError(file: "the list", reason: "the entry has no \(part) path")
    }
}
