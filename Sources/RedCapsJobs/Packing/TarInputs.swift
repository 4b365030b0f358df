import RedCapsBase
import RedCapsTar

/// Tars to be packed again, each as a plain file: itself, or what was decompressed from it.
struct TarInputs: Sendable {
    struct Input: Sendable {
        /// As the caller named it, for messages.
        let name: String
        /// The plain tar.
        let path: String
        /// What it was when it was listed.
        fileprivate(set) var stamp: FileStamp?
    }

    private(set) var inputs: [Input]
    /// What isn't as it should be in the tars, though nothing is known to be lost.
    private(set) var warnings: [StoreError] = []
    /// What was left out.
    private(set) var hidden = HiddenFiles()

    /// Decompresses what is compressed.
    /// - Parameters:
    ///   - temporary: The path for the plain form of an input, by its number.
    init(
        _ paths: [String], temporary: @escaping @Sendable (Int) -> String, jobs: Int,
        monitor: PackingMonitor, report: PackingObserver
    ) throws(StoreError) {
        var compressed: [Int] = []
        for (number, path) in paths.enumerated() where try Self.isCompressed(path) {
            compressed.append(number)
        }
        let numbers = compressed
        monitor.advance { $0.stage = .decompressing }
        try monitor.forEach(numbers.count, jobs: jobs, report: report) {
            (index) throws(StoreError) in
            let number = numbers[index]
            try Decompression.run(paths[number], to: temporary(number), monitor: monitor)
        }
        monitor.advance { $0.stage = .listing }
        let known = Set(numbers)
        inputs = paths.enumerated().map { number, path in
            Input(name: path, path: known.contains(number) ? temporary(number) : path)
        }
    }

    private static func isCompressed(_ path: String) throws(StoreError) -> Bool {
        let file = try OpenFile(path)
        _ = try file.size()  // refuses what isn't a file
        let head = try file.bytes(at: 0, count: 6)
        let magics: [[UInt8]] = [
            [0x1F, 0x8B], [0x28, 0xB5, 0x2F, 0xFD], [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00],
            [0x42, 0x5A, 0x68],
        ]
        return magics.contains { head.starts(with: $0) }
    }

    /// Lists the files of all tars.
    /// Hidden files, which are left out, are counted.
    /// - Parameter isBelowShards: Whether names without a folder go below the name of their tar.
    /// - Returns: How many files do.
    mutating func list(
        into table: FileTable, isBelowShards: Bool, _ meter: inout ListingMeter,
        _ observer: PackingObserver
    ) throws(StoreError) -> Int {
        var below = 0
        var holders: [[UInt8]: Int] = [:]
        var failures: [StoreError] = []
        warnings = []
        hidden = HiddenFiles()
        for (number, input) in inputs.enumerated() {
            let listing = ShardListing(path: input.path)
            if let failure = listing.failure {
                failures.append(input.speaking(failure))
                continue
            }
            inputs[number].stamp = listing.stamp
            warnings += listing.warnings.map(input.speaking)
            let stem =
                isBelowShards
                ? Array(ShardName.stem(FilePath.name(of: input.name)).utf8) : nil
            var hasBareNames = false
            for member in listing.members {
                if try add(member, of: input, UInt32(number), below: stem, to: table) {
                    hasBareNames = true
                    below += stem == nil ? 0 : 1
                }
                try meter.count(observer)
            }
            guard hasBareNames, let stem else { continue }
            if let other = holders.updateValue(number, forKey: stem) {
                throw StoreError(
                    .occupied, file: input.name,
                    reason: "holds names without a folder that come again in other tars, and has "
                        + "the name of \(inputs[other].name), below which they would go; give it "
                        + "another")
            }
        }
        if let first = failures.first { throw first.and(failures.dropFirst()) }
        return below
    }

    /// - Parameter stem: The folder for a name without one.
    /// - Returns: Whether the name has no folder, and is that of a file to be packed.
    private mutating func add(
        _ member: TarMember, of input: Input, _ number: UInt32, below stem: [UInt8]?,
        to table: FileTable
    ) throws(StoreError) -> Bool {
        func refused(_ code: StoreError.Code, _ reason: String) -> StoreError {
            StoreError(
                code, file: input.name, member: String(decoding: member.name, as: UTF8.self),
                byteOffset: member.offset, reason: reason)
        }
        let path = MemberPath(bytes: member.name)
        if let path {
            if path.bytes.split(separator: UInt8(ascii: "/")).contains(where: TreeWalk.isSkipped) {
                return false
            }
            if HiddenName.isHidden(path: path.bytes) {
                if member.kind != .directory { hidden.add(path.bytes) }
                return false
            }
        }
        switch member.kind {
        case .file: break
        case .directory, .special: return false
        case .symbolicLink, .hardLink:
            throw refused(
                .notAFile, "a link, which can't be packed; unpack the tar and pack the tree")
        case .sparse:
            throw refused(
                .notAFile,
                "a sparse member, whose bytes don't lie in one range; "
                    + "unpack the tar and pack the tree")
        }
        guard let path else {
            throw refused(.unsafePath, "a path that is absolute or leads out with `..`")
        }
        let isBare = !path.bytes.contains(UInt8(ascii: "/"))
        let prefix = isBare ? stem.map { $0 + [UInt8(ascii: "/")] } ?? [] : []
        try table.append(
            prefix + path.bytes, size: member.size, source: number, offset: member.offset)
        return isBare
    }
}

extension TarInputs.Input {
    /// An error about the plain form, told of the file that the caller named.
    func speaking(_ error: StoreError) -> StoreError {
        guard name != path else { return error }
        return StoreError(
            error.code, file: name, member: error.member, byteOffset: error.byteOffset,
            reason: "decompressed: \(error.reason)")
    }
}
