import RedCapsBase
import RedCapsTar

// What is looked at when a data set is opened. A mistake by which no sample can ever be loaded is told
// at once, and not after hundreds of attempts; what is merely damaged is left to the failure policy.
// Nothing is decoded, nothing is drawn, and stores of one's own aren't read from: that may be slow.
extension CaptionDataset {
    /// How many samples are looked at, at most, spread over those that have their files; the first that
    /// is right ends the look.
    private static let lookCount = 8

    /// What one sample says of the configuration.
    private enum Verdict {
        case right
        /// The parts whose files aren't there, and the first one's path.
        case missing(parts: [Int], path: String)
        case lacksKey(String)
        /// Damaged or left out: that may be the sample's own affair.
        case unknown
    }

    /// Makes sure that not all samples lack their files, and that the caption's key isn't wrong for all
    /// that are looked at. It is if none of them is right, and of those that have their files more than
    /// half lack the key; the others are damaged. Of a tree without tars, whose files nobody has listed,
    /// those that are looked at stand for all.
    ///
    /// Data sets in folders are judged whatever their size. Of stores, whose files the program itself
    /// has named, only what they have said of eight samples or more counts.
    /// - Parameter excluded: Entries of the list that say nothing, since nobody loads them.
    /// - Throws: `ConfigurationError` with the key that can't be right.
    static func check(
        _ samples: SampleIndex, _ configuration: CaptionDatasetConfiguration,
        excluding excluded: [Int]
    ) throws(ConfigurationError) {
        let isLocal = samples.table.columns.allSatisfy { $0.folder != nil }
        guard samples.count > 0, isLocal || samples.count >= lookCount else { return }
        if samples.missingCount == samples.count {
            // Of damaged shards nobody knows what they held.
            guard !hasDamage(samples) else { return }
            throw nothing(of: samples, configuration, isLocal)
        }
        guard isLocal else { return }
        let complete = samples.count - samples.missingCount
        let looks = min(lookCount, complete)
        var looked = 0
        var missing: [(parts: [Int], path: String)] = []
        var lacking: [String] = []
        for look in 0..<looks {
            guard let row = try? samples.table.completeRow(at: complete * look / looks),
                !excluded.contains(row)
            else { continue }
            looked += 1
            switch verdict(on: row, of: samples, configuration) {
            case .right: return
            case .missing(let parts, let path): missing.append((parts, path))
            case .lacksKey(let reason): lacking.append(reason)
            case .unknown: break
            }
        }
        if let first = missing.first, missing.count == looked {
            let none =
                looked == samples.count
                ? "none of the \(looked) samples has its files there"
                : "none of the \(looked) samples that were looked at has its files there"
            throw wrongFolders(first.parts, "\(none), \(first.path) for one", configuration)
        }
        let found = looked - missing.count
        guard 2 * lacking.count > found, case .json(let key) = configuration.captionFormat
        else { return }
        throw ConfigurationError(
            "cap_source", value: "\"\(key)\"",
            "no annotation of the \(found) that were looked at has this key; the first, "
                + lacking[0])
    }

    /// Whether a shard on this machine couldn't be listed to its end.
    static func hasDamage(_ samples: SampleIndex) -> Bool {
        samples.table.columns.contains {
            $0.index?.shards.contains { $0.failure != nil } ?? false
        }
    }

    /// Whether something of a shard on this machine is lost. A file that is no tar from its first byte on
    /// has nothing to lose: the samples that it should hold are missing, which is the failure policy's.
    static func hasLosses(_ samples: SampleIndex) -> Bool {
        samples.table.columns.contains { column in
            column.index?.shards.contains {
                guard let failure = $0.failure else { return false }
                return !(failure.code == .notATar && failure.byteOffset == 0)
            } ?? false
        }
    }

    /// The error for a list none of whose samples has its files, by what the first one lacks.
    private static func nothing(
        of samples: SampleIndex, _ configuration: CaptionDatasetConfiguration, _ isLocal: Bool
    ) -> ConfigurationError {
        let list = configuration.dataPath.map { "\"\($0)\"" }
        let none = "none of the \(samples.count) samples has its files there"
        var lost: [(part: Int, path: String)] = []
        for part in samples.parts.indices {
            switch try? samples.table.reference(row: 0, column: part) {
            case .absent?:
                return ConfigurationError(
                    "data_path", value: list,
                    "\(none): the first entry of the list has no \(samples.parts[part]) path")
            case .missing(let path)?: lost.append((part, path))
            default: break
            }
        }
        let example = lost.first?.path ?? "the first"
        guard isLocal else {
            let part = lost.first.map { samples.parts[$0.part].name } ?? "file"
            return ConfigurationError(
                "data_path", value: list,
                "\(none), \(example) for one, in the store of its \(part): is the list one of "
                    + "another data set?")
        }
        return wrongFolders(
            lost.isEmpty ? [0, 1] : lost.map(\.part), "\(none), \(example) for one", configuration)
    }

    private static func wrongFolders(
        _ parts: [Int], _ reason: String, _ configuration: CaptionDatasetConfiguration
    ) -> ConfigurationError {
        let folders = [
            ("image_folder", configuration.imageFolder),
            ("cap_folder", configuration.captionFolder),
        ]
        let named = parts.map { folders[$0] }
        return ConfigurationError(
            named.map(\.0).joined(separator: ", "),
            value: named.map { "\"\($0.1 ?? "")\"" }.joined(separator: ", "),
            "\(reason): is the root (--root) or a folder another, or is the list one of another data "
                + "set?")
    }

    private static func verdict(
        on row: Int, of samples: SampleIndex, _ configuration: CaptionDatasetConfiguration
    ) -> Verdict {
        guard let paths = try? samples.paths(row) else { return .unknown }
        let missing = samples.parts.indices.filter { part in
            let path = part == 0 ? paths.image : paths.annotation
            do throws(StoreError) {
                _ = try samples.table.columns[part].folder?.locate(path)
                return false
            } catch { return error.code == .missing }
        }
        if let first = missing.first {
            return .missing(parts: missing, path: first == 0 ? paths.image : paths.annotation)
        }
        do {
            let lookup = RowLookup()
            var buffer = ReadBuffer()
            try samples.look(up: row, lookup)
            try samples.read(1, lookup, into: &buffer)
            _ = try Annotation.caption(in: buffer.copy(), configuration.captionFormat)
            return .right
        } catch let error as AnnotationError where error.isOfKey {
            return .lacksKey("\(paths.annotation): \(error.reason)")
        } catch { return .unknown }
    }
}
