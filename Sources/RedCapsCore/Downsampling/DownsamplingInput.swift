internal import RedCapsImage
internal import RedCapsTar

/// The files of a folder that is to be downsampled.
struct DownsamplingInput {
    /// Paths relative to the folder, sorted, with their sizes.
    private(set) var files: [(path: String, size: UInt64)] = []
    /// Folders, those that hold others first.
    private(set) var folders: [String] = []

    /// Walks the folder. What begins with a dot is passed over.
    init(_ root: String) throws(StoreError) {
        try read(root, "", depth: 0)
        guard !files.isEmpty else {
            throw StoreError(.missing, file: root, reason: "there are no files to be downsampled")
        }
    }

    private mutating func read(
        _ root: String, _ folder: String, depth: Int
    ) throws(StoreError) {
        guard depth < 64 else {
            throw StoreError(
                .invalid, file: root + "/" + folder,
                reason: "64 folders deep; do links lead in a circle?")
        }
        let path = folder.isEmpty ? root : root + "/" + folder
        for (name, isFolder) in try folderContents(path) where !name.hasPrefix(".") {
            let relative = folder.isEmpty ? name : folder + "/" + name
            if isFolder {
                folders.append(relative)
                try read(root, relative, depth: depth + 1)
            } else {
                files.append((relative, Disk.stamp(of: root + "/" + relative)?.size ?? 0))
            }
        }
    }

    /// Keeps every n-th shard, or file if there are no shards.
    mutating func take(_ share: (at: Int, of: Int)) {
        let hasShards = files.contains { Self.isShard($0.path) }
        var number = 0
        files = files.filter { file in
            // What lies beside shards goes with the first share.
            if hasShards, !Self.isShard(file.path) { return share.at == 0 }
            defer { number += 1 }
            return number % share.of == share.at
        }
    }

    static func isShard(_ path: String) -> Bool { path.lowercased().hasSuffix(".tar") }

    /// A tar that is compressed, whose structure can't be kept.
    static func isCompressedShard(_ path: String) -> Bool {
        let path = path.lowercased()
        return [".tar.gz", ".tgz", ".tar.zst", ".tar.xz", ".tar.bz2"].contains {
            path.hasSuffix($0)
        }
    }

    /// Whether a file is to be an image: by its name, or by its first bytes.
    static func isImage(_ name: String, _ bytes: Span<UInt8>) -> Bool {
        let name = name.lowercased()
        return imageSuffixes.contains { name.hasSuffix($0) }
            || (try? ImageFormat(of: bytes)) != nil
    }

    private static let imageSuffixes = [
        ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif",
        ".heic", ".heif", ".jp2", ".jxl",
    ]
}
