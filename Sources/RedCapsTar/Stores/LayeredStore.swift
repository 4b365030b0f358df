public import RedCapsBase

/// Stores above one another: the first that has a file serves it. Its shards are those of all layers.
public struct LayeredStore: FileStore {
    private let layers: [any FileStore]
    /// For each layer, the number of its first shard among those of all, once somebody has asked: a
    /// layer's shards are followed by one more number, for its files that lie in no shard. The last is
    /// the first number of none.
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

    /// Finds files, each in the first layer that has it. A layer that has none, and isn't the last,
    /// is asked once more for each such file: what it has that is no file isn't passed over.
    public func locate(_ paths: [String]) throws(StoreError) -> [FileLocation?] {
        var found = [FileLocation?](repeating: nil, count: paths.count)
        var unfit = [Bool](repeating: false, count: paths.count)
        for (number, layer) in layers.enumerated() {
            let open = paths.indices.filter { found[$0] == nil && !unfit[$0] }
            guard !open.isEmpty else { break }
            for (place, location) in zip(open, try layer.locate(open.map { paths[$0] })) {
                if let location {
                    found[place] = try outer(location, number)
                } else if number < layers.count - 1 {
                    unfit[place] = !(try Self.isMissing(paths[place], in: layer))
                }
            }
        }
        return found
    }

    /// Whether a layer has nothing at all under a path: something unfit isn't passed over.
    private static func isMissing(
        _ path: String, in layer: any FileStore
    ) throws(StoreError) -> Bool {
        do throws(StoreError) { _ = try layer.locate(path) } catch {
            guard error.tellsOfNoFile else { throw error }
            return error.code == .missing
        }
        return true
    }

    /// Reads a file from the layer that has it.
    public func read(_ location: FileLocation, into buffer: inout ReadBuffer) throws(StoreError) {
        guard let (layer, inner) = inner(location, try starts()) else {
            throw .foreign(location, to: "layers")
        }
        try layer.read(inner, into: &buffer)
    }

    /// The shards of all layers; after those of each layer one without bytes stands for its files
    /// that lie in no shard, of an unknown version if the layer has no shards. None, if no layer has
    /// any.
    public func shards() throws(StoreError) -> [StoreShard] {
        let all = try numbered()
        return all.contains { !$0.isStandIn } ? all.map(\.shard) : []
    }

    /// What a number of a shard counts: a layer's shards, and what stands for its other files.
    private typealias Numbered = (shard: StoreShard, isStandIn: Bool)

    /// What shards' numbers count, be there any of a layer's own or not.
    private func numbered() throws(StoreError) -> [Numbered] {
        var all: [Numbered] = []
        for (number, layer) in layers.enumerated() {
            let shards = try Self.numbered(layer)
            let others = StoreShard(
                name: "layer \(number)", byteCount: 0,
                version: shards.contains { !$0.isStandIn } ? .tag("") : .unknown)
            all += shards + [(others, true)]
        }
        return all
    }

    private static func numbered(_ layer: any FileStore) throws(StoreError) -> [Numbered] {
        if let layers = layer as? LayeredStore { return try layers.numbered() }
        return try layer.shards().map { ($0, false) }
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
                next += UInt32(clamping: try Self.numbered(layer).count) + 1
            }
            starts.append(next)
            known = starts
            return starts
        }
    }

    private func outer(
        _ location: FileLocation, _ layer: Int
    ) throws(StoreError) -> FileLocation {
        let starts = try starts()
        let count = starts[layer + 1] - 1 - starts[layer]
        guard location.shard == nil || location.shardNumber < count else {
            throw StoreError(
                .invalid, file: "layer \(layer)",
                reason: "shard \(location.shardNumber) of \(count) was located")
        }
        var location = location
        location.shardNumber =
            location.shard == nil ? starts[layer + 1] - 1 : starts[layer] + location.shardNumber
        return location
    }

    private func inner(
        _ location: FileLocation, _ starts: [UInt32]
    ) -> (layer: any FileStore, location: FileLocation)? {
        let layer = starts.partitionPoint { $0 > location.shardNumber } - 1
        guard layers.indices.contains(layer), location.shard != nil else { return nil }
        var inner = location
        inner.shardNumber =
            location.shardNumber == starts[layer + 1] - 1
            ? FileLocation.noShard : location.shardNumber - starts[layer]
        return (layers[layer], inner)
    }
}
