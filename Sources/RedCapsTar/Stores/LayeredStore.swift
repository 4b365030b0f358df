public import RedCapsBase

/// Stores above one another: the first that has a file serves it.
public struct LayeredStore: FileStore {
    private let layers: [any FileStore]

    /// Layers stores, the topmost first. At most 256, and layered stores at most four deep.
    public init(_ stores: [any FileStore]) {
        precondition(stores.count <= 256, "more than 256 layers")
        layers = stores
    }

    /// Finds a file in the first layer that has it.
    public func locate(_ path: String) throws(StoreError) -> FileLocation {
        var missing: StoreError?
        for (number, layer) in layers.enumerated() {
            do throws(StoreError) {
                var location = try layer.locate(path)
                guard location.layers >> 24 == 0 else {
                    throw StoreError(
                        .tooLarge, file: "layered stores", member: path,
                        reason: "nested more than four deep")
                }
                location.layers = location.layers << 8 | UInt32(number)
                return location
            } catch {
                guard error.code == .missing else { throw error }
                missing = error
            }
        }
        throw missing
            ?? StoreError(.missing, file: "no store", member: path, reason: "there are no stores")
    }

    /// Reads a file from the layer that has it.
    public func read(_ location: FileLocation, into buffer: inout ReadBuffer) throws(StoreError) {
        let layer = Int(location.layers & 0xFF)
        guard layer < layers.count else { throw .foreign(location, to: "layers") }
        var inner = location
        inner.layers >>= 8
        try layers[layer].read(inner, into: &buffer)
    }

    /// Says where a file lies in the layer that has it.
    public func describe(_ location: FileLocation, of path: String) -> String {
        let layer = Int(location.layers & 0xFF)
        guard layer < layers.count else { return path }
        var inner = location
        inner.layers >>= 8
        return layers[layer].describe(inner, of: path)
    }
}
