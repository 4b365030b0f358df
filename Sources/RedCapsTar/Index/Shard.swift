public import RedCapsBase

extension TarIndex {
    /// One tar of an index.
    public struct Shard: Sendable {
        /// The file, as a path that can be opened.
        public let path: String
        /// How many members it has, of all kinds.
        public let memberCount: Int
        /// Its length in bytes.
        public var byteCount: UInt64 { file.byteCount }
        /// Why it couldn't be listed to its end, if it couldn't.
        public let failure: StoreError?
        /// What isn't as it should be, though nothing is known to be lost: no end marker, or another
        /// archive behind it, whose members are served.
        public let warnings: [StoreError]
        /// Members that are never served because their path is absolute, has `..`, or is beyond
        /// what the index has room for.
        public let unsafeMembers: Int

        /// The file's name.
        public var name: String {
            let name = FilePath.name(of: path)
            return name.isEmpty ? path : name
        }
        /// The file's name without `.tar`: the folder into which some data sets unpack it.
        package var stem: String {
            let name = name
            return ShardName.isPlain(name) ? ShardName.stem(name) : name
        }

        /// What the file system said when it was listed, or found to be the same file.
        let file: ShardFile
        /// Its records in the index.
        let records: Range<UInt64>
        /// Where the paths of its members begin in the index, and how many bytes they have.
        let pathBase: UInt64
        let pathBytes: UInt64

        /// The same shard under the time that its file has now, and with what is to be said of it.
        func touched(_ file: ShardFile, _ warnings: [StoreError]) -> Shard {
            Shard(
                path: path, memberCount: memberCount, failure: failure, warnings: warnings,
                unsafeMembers: unsafeMembers, file: file,
                records: records, pathBase: pathBase, pathBytes: pathBytes)
        }
    }
}

extension TarIndex.Shard {
    func write(to bytes: inout PackedBytes) {
        bytes.append(file.name)
        bytes.append(file.byteCount, width: 8)
        bytes.append(UInt64(bitPattern: file.modified), width: 8)
        bytes.append(0, width: 8)  // by which earlier builds judge
        bytes.append(UInt64(memberCount), width: 8)
        bytes.append(UInt64(unsafeMembers), width: 8)
        bytes.append(UInt64(records.count), width: 8)
        bytes.append(pathBytes, width: 8)
        bytes.append(failure?.code.description ?? "")
        bytes.append(failure?.member ?? "")
        bytes.append(failure?.byteOffset ?? .max, width: 8)
        bytes.append(failure?.reason ?? "")
    }

    /// Reads one shard.
    /// - Parameter previous: The shard before it, after whose records and paths its own come.
    /// - Returns: `nil` if the bytes aren't those of a shard.
    init?(_ bytes: inout PackedReader, folder: String, after previous: TarIndex.Shard?) {
        guard let name = bytes.string(), let size = bytes.number(8),
            let modified = bytes.number(8), bytes.number(8) != nil,
            let members = bytes.number(8), let unsafeMembers = bytes.number(8),
            let records = bytes.number(8), let pathBytes = bytes.number(8),
            let code = bytes.string(), let member = bytes.string(),
            let offset = bytes.number(8), let reason = bytes.string()
        else { return nil }
        let first = previous?.records.upperBound ?? 0
        let pathBase = previous.map { $0.pathBase + $0.pathBytes } ?? 0
        let limit: UInt64 = 1 << 48
        guard records <= members, members < limit, unsafeMembers <= members, pathBytes < limit,
            first + records < limit, pathBase + pathBytes < limit
        else { return nil }
        let path = folder.isEmpty ? name : folder + "/" + name
        self.init(
            path: path, memberCount: Int(members),
            failure: code.isEmpty
                ? nil
                : StoreError(
                    StoreError.Code(code), file: path, member: member.isEmpty ? nil : member,
                    byteOffset: offset == .max ? nil : offset, reason: reason),
            warnings: [], unsafeMembers: Int(unsafeMembers),
            file: ShardFile(
                name, FileStamp(byteCount: size, modified: Int64(bitPattern: modified))),
            records: first..<(first + records), pathBase: pathBase,
            pathBytes: pathBytes)
    }
}
