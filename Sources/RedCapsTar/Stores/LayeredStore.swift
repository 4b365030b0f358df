public import RedCapsBase

/// Stores above one another: the first that has a file serves it. Its shards are those of all layers.
public struct LayeredStore: FileStore {
    private let layers: [any FileStore]
    /// For each layer, the number of its first shard among those of all, once somebody has asked: a
    /// layer's shards are followed by one more number, for its files that lie in no shard.
    private let firstShards = ConditionLock<[UInt32]?>(nil)

    /// Layers stores, the topmost first.
    public init(_ stores: [any FileStore]) { layers = stores }

    /// Finds a file in the first layer that has it.
    public func locate(_ path: String) throws(StoreError) -> FileLocation {
        var missing: StoreError?
        for (number, layer) in layers.enumerated() {
            do throws(StoreError) {
                return try outer(try layer.locate(path), number)
            } catch {
                guard error.code == .missing else { throw error }
                missing = error
            }
        }
        throw missing ?? StoreError(.missing, file: path, reason: "there are no stores to look in")
    }

    /// Finds files, each in the first layer that has it.
    public func locate(_ paths: [String]) throws(StoreError) -> [FileLocation?] {
        var found = [FileLocation?](repeating: nil, count: paths.count)
        for (number, layer) in layers.enumerated() {
            let open = paths.indices.filter { found[$0] == nil }
            guard !open.isEmpty else { break }
            for (place, location) in zip(open, try layer.locate(open.map { paths[$0] })) {
                if let location { found[place] = try outer(location, number) }
            }
        }
        return found
    }

    /// Reads a file from the layer that has it.
    public func read(_ location: FileLocation, into buffer: inout ReadBuffer) throws(StoreError) {
        guard let (layer, inner) = inner(location, try starts()) else {
            throw .foreign(location, to: "layers")
        }
        try layer.read(inner, into: &buffer)
    }

    /// The shards of all layers; after those of each layer one without bytes stands for its files
    /// that lie in no shard.
    public func shards() throws(StoreError) -> [StoreShard] {
        var all: [StoreShard] = []
        var hasShards = false
        for (number, layer) in layers.enumerated() {
            let shards = try layer.shards()
            hasShards = hasShards || !shards.isEmpty
            all += shards
            all.append(StoreShard(name: "layer \(number)", byteCount: 0, version: .tag("")))
        }
        return hasShards ? all : []
    }

    /// Says where a file lies in the layer that has it.
    public func describe(_ location: FileLocation, of path: String) -> String {
        guard let starts = try? starts(), let (layer, inner) = inner(location, starts) else {
            return path
        }
        return layer.describe(inner, of: path)
    }

    private func starts() throws(StoreError) -> [UInt32] {
        try firstShards.update { (known) throws(StoreError) in
            if let known { return known }
            var starts: [UInt32] = []
            var next: UInt32 = 0
            for layer in layers {
                starts.append(next)
                next += UInt32(clamping: try layer.shards().count) + 1
            }
            known = starts
            return starts
        }
    }

    private func outer(
        _ location: FileLocation, _ layer: Int
    ) throws(StoreError) -> FileLocation {
        let starts = try starts()
        var location = location
        location.shardNumber =
            location.shard == nil
            ? try end(of: layer, starts) : starts[layer] + location.shardNumber
        return location
    }

    /// The number for files of a layer that lie in no shard.
    private func end(of layer: Int, _ starts: [UInt32]) throws(StoreError) -> UInt32 {
        layer + 1 < starts.count
            ? starts[layer + 1] - 1
            : starts[layer] + UInt32(clamping: try layers[layer].shards().count)
    }

    private func inner(
        _ location: FileLocation, _ starts: [UInt32]
    ) -> (layer: any FileStore, location: FileLocation)? {
        let layer = starts.partitionPoint { $0 > location.shardNumber } - 1
        guard layer >= 0, location.shard != nil else { return nil }
        var inner = location
        inner.shardNumber =
            location.key != nil ? FileLocation.noShard : location.shardNumber - starts[layer]
        return (layers[layer], inner)
    }
}
