package import RedCapsBase

extension FolderStore {
    /// Calls `body` with the path of each file, relative to the folder and in the order of its bytes
    /// within a folder. Hidden files, and folders of them, are left out; of links those to files are
    /// followed, so that there are no loops.
    /// - Throws: `StoreError` if a folder can't be listed, or a name in it isn't UTF-8: a list can't
    ///   name such a file; and what `body` throws.
    package func forEachFile(
        _ cancellation: Cancellation? = nil, _ body: (_ path: String) throws -> Void
    ) throws {
        var pending = [""]
        while let folder = pending.popLast() {
            try cancellation?.check(root)
            let place = folder.isEmpty ? root : root + "/" + folder
            for entry in try FolderListing.entries(place)
            where !HiddenName.isHidden(entry.name.utf8) {
                if let escaped = entry.escaped {
                    throw StoreError(
                        .invalid, file: place, member: escaped,
                        reason: "a name that isn't UTF-8, which no list can hold; rename it")
                }
                let path = folder.isEmpty ? entry.name : folder + "/" + entry.name
                if !entry.isFolder {
                    try body(path)
                } else if Disk.target(ofLink: root + "/" + path) == nil {
                    pending.append(path)
                }
            }
        }
    }
}
