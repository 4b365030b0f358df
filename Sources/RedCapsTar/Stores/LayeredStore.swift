/// Stores above one another: the first that has a file serves it.
public struct LayeredStore: FileStore {
    private let layers: [any FileStore]

    /// Layers stores, the topmost first. At most 255, the layers of layered stores among them.
    public init(_ stores: [any FileStore]) {
        // A location remembers one layer, so layers of layers become one row of them.
        let layers = stores.flatMap { ($0 as? LayeredStore)?.layers ?? [$0] }
        precondition(layers.count < 256, "more than 255 layers")
        self.layers = layers
    }

    /// Finds a file in the first layer that has it.
    public func locate(_ path: String) throws(StoreError) -> FileLocation {
        var missing: StoreError?
        for (number, layer) in layers.enumerated() {
            do throws(StoreError) {
                var location = try layer.locate(path)
                location.layer = UInt8(number)
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
        guard Int(location.layer) < layers.count else { throw .foreign(location, to: "layers") }
        try layers[Int(location.layer)].read(location, into: &buffer)
    }
}
