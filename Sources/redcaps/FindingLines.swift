import RedCapsBase
import RedCapsJobs

/// Which findings are printed: of each kind the first few, then how many more there are, by the folder
/// or the shard that they are in.
struct FindingLines {
    private static let most = 20
    private static let mostFolders = 5

    /// Whether all are printed.
    let isWhole: Bool
    private var counts: [Finding.Kind: Int] = [:]
    private var more: [Finding.Kind: [ExactText: Int]] = [:]

    init(isWhole: Bool) { self.isWhole = isWhole }

    /// The line for a finding, or `nil` if it is only counted.
    mutating func line(for finding: Finding) -> String? {
        guard !isWhole else { return finding.description }
        counts[finding.kind, default: 0] += 1
        guard counts[finding.kind, default: 0] > Self.most else { return finding.description }
        more[finding.kind, default: [:]][ExactText(Self.folder(of: finding)), default: 0] += 1
        return nil
    }

    /// The first component of the path at fault; the shard for what isn't in a folder.
    private static func folder(of finding: Finding) -> String {
        let path = finding.member ?? ""
        if let slash = path.utf8.firstIndex(of: UInt8(ascii: "/")) { return String(path[..<slash]) }
        return finding.file.map { FilePath.name(of: $0) } ?? "."
    }

    /// A line for each kind of which not all were printed.
    var rest: [String] {
        more.sorted { $0.key.description < $1.key.description }.map { kind, folders in
            let ordered = folders.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            let named = ordered.prefix(Self.mostFolders).map { "\($0.key): \($0.value)" }
                .joined(separator: ", ")
            let others = ordered.count > Self.mostFolders ? ", …" : ""
            let count = folders.values.reduce(0, +)
            return "\(kind): … and \(count) more in \(folders.count) folders (\(named)\(others)); "
                + "--all prints them, --report writes them to a file"
        }
    }
}
