/// The members of one tar, in the order of the archive: names in one block of bytes and a row of
/// numbers for each, so that a shard of any size costs two allocations.
public struct TarMembers: RandomAccessCollection, Sendable, Equatable {
    struct Row: Hashable {
        let nameEnd: Int
        let kind: TarMember.Kind
        let offset: UInt64
        let size: UInt64

        /// Where the next header is to be expected.
        var end: UInt64 { offset + TarHeader.padded(size) }
    }

    private(set) var names: [UInt8] = []
    private(set) var rows: [Row] = []

    /// 0.
    public var startIndex: Int { 0 }
    /// The number of members.
    public var endIndex: Int { rows.count }

    /// A member with a copy of its name.
    public subscript(index: Int) -> TarMember {
        let row = rows[index]
        return TarMember(
            name: Array(names[nameRange(index)]), kind: row.kind, offset: row.offset,
            size: row.size)
    }

    /// Where a member's name lies in `names`.
    func nameRange(_ index: Int) -> Range<Int> {
        (index == 0 ? 0 : rows[index - 1].nameEnd)..<rows[index].nameEnd
    }

    /// Adds a name, for which `append(kind:offset:size:)` then makes a member.
    /// - Returns: Its last byte, or `nil` if it is empty.
    mutating func appendName(_ name: (inout [UInt8]) -> Void) -> UInt8? {
        let start = rows.last?.nameEnd ?? 0
        names.removeSubrange(start...)
        name(&names)
        return names.count > start ? names.last : nil
    }

    /// Adds a member with the name that was just added.
    mutating func append(kind: TarMember.Kind, offset: UInt64, size: UInt64) {
        rows.append(Row(nameEnd: names.count, kind: kind, offset: offset, size: size))
    }

    /// Forgets members from a number on.
    mutating func truncate(to count: Int) {
        guard count < rows.count else { return }
        rows.removeSubrange(count...)
        names.removeSubrange((rows.last?.nameEnd ?? 0)...)
    }

    mutating func append(_ member: TarMember) {
        _ = appendName { $0 += member.name }
        append(kind: member.kind, offset: member.offset, size: member.size)
    }
}
