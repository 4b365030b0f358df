import RedCapsBase

/// Finds the members that a later one of the same path replaces.
struct Duplicates {
    let file: BlockFile
    let shards: [TarIndex.Shard]
    let cancellation: Cancellation?

    /// Compares the paths of records with the same hash.
    /// - Parameter groups: Records with the same hash, each group in order.
    /// - Returns: The replaced records, in order.
    func find(among groups: [[UInt64]]) throws(StoreError) -> [UInt64] {
        var replaced: [UInt64] = []
        for group in groups {
            try cancellation?.check(file.path)
            var later: [[UInt8]: (shard: Int, kind: TarMember.Kind)] = [:]
            for number in group.reversed() {
                guard let shard = TarIndex.shardNumber(of: number, among: shards) else { continue }
                let record = unsafe try file.withRecord(MemberSection.records, number) {
                    unsafe MemberRecord($0)
                }
                let path = try file.bytes(
                    MemberSection.paths,
                    at: shards[shard].pathBase + UInt64(record.pathStart),
                    count: Int(record.pathCount))
                if record.kind == .directory {
                    // One that comes after a file takes its place, as it does when tar unpacks.
                    if later[path] == nil { later[path] = (shard, record.kind) }
                } else if let winner = later[path],
                    winner.shard == shard || path.contains(UInt8(ascii: "/"))
                {
                    replaced.append(number)
                } else {
                    later[path] = (shard, record.kind)
                }
            }
        }
        return replaced.sorted()
    }
}
