package import RedCapsBase

/// What the paths of a column lead into.
package struct TableColumn: Sendable {
    /// Whose files they are.
    package let store: any FileStore
    /// The store, if it is a folder of this machine: its members have records in an index of their
    /// own, to which the table refers.
    package let folder: DatasetFolder?
    /// What tells what the store holds from what another holds; `nil` if it doesn't say.
    let identity: UInt64?

    /// A folder's column.
    package init(_ folder: DatasetFolder) {
        (store, self.folder, identity) = (folder, folder, folder.identity)
    }

    /// A store's column.
    /// - Throws: What the store throws when it is asked for its shards.
    package init(_ store: any FileStore) throws(StoreError) {
        (self.store, folder) = (store, nil)
        identity = try store.shards().identity
    }

    /// The shards' index, for a folder that has tars.
    package var index: TarIndex? { folder?.index }

    /// Whether its files are located one by one, and the table keeps the locations.
    var isLocated: Bool { folder == nil }
}
