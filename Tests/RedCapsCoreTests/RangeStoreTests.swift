import Foundation
import Logging
import RedCapsBase
import RedCapsCore
import RedCapsFixtures
import RedCapsLoading
import RedCapsTar
import RedCapsTokenizers
import Synchronization
import TestSupport
import Testing

/// Tar shards on a server that gives ranges: a store as a user would write it, with public API.
private final class RangeStore: FileStore {
    private let port: UInt16
    private let members = ConditionLock<[String: FileLocation]?>(nil)

    init(_ server: RangeServer) { port = server.port }

    func shards() throws(StoreError) -> [StoreShard] {
        let answer = String(decoding: try RangeClient.ask("/", port: port), as: UTF8.self)
        return answer.split(separator: "\n").map { line in
            let parts = line.split(separator: " ")
            return StoreShard(
                name: String(parts[0]), byteCount: UInt64(parts[1]) ?? 0, version: .tag("v1"))
        }
    }

    func locate(_ path: String) throws(StoreError) -> FileLocation {
        guard let found = try locate([path])[0] else {
            throw StoreError(.missing, file: "server", member: path, reason: "in no shard")
        }
        return found
    }

    func locate(_ paths: [String]) throws(StoreError) -> [FileLocation?] {
        let all = try listed()
        return paths.map { all[$0] }
    }

    /// All members, listed by ranges.
    private func listed() throws(StoreError) -> [String: FileLocation] {
        if let known = members.update({ $0 }) { return known }
        var all: [String: FileLocation] = [:]
        for (number, shard) in try shards().enumerated() {
            let listing = ShardListing(name: shard.name, byteCount: shard.byteCount) {
                [port] (range) throws(StoreError) in
                try RangeClient.ask(
                    "\(shard.name) \(range.lowerBound) \(range.count)", port: port)
            }
            if let failure = listing.failure { throw failure }
            for member in listing.members where member.kind == .file {
                all[String(decoding: member.name, as: UTF8.self)] = FileLocation(
                    shard: number, offset: member.offset, size: member.size)
            }
        }
        let found = all
        members.update { $0 = found }
        return all
    }

    func read(_ location: FileLocation, into buffer: inout ReadBuffer) throws(StoreError) {
        let name = String(format: "%05d.tar", location.shard ?? -1)
        let bytes = try RangeClient.ask(
            "\(name) \(location.offset) \(location.size)", port: port)
        try buffer.fill(count: bytes.count) { target in
            for (place, byte) in bytes.enumerated() {
                target.storeBytes(of: byte, toByteOffset: place, as: UInt8.self)
            }
            return bytes.count
        }
    }
}

@Suite("A store of one's own")
struct RangeStoreTests {
    private struct Setting {
        let folder: TemporaryFolder
        let written: FixtureDataset.Written
        let server: RangeServer
        let training: TrainingConfiguration

        init() throws {
            folder = try TemporaryFolder()
            written = try FixtureDataset(
                samples: 24, shards: 3, shortestEdge: 96, imageSize: 32
            ).write(to: folder.path)
            server = try RangeServer(folder: folder["raw"])
            training = try TrainingConfiguration(file: written.configuration)
        }

        /// The data set by the store, with its index.
        func remote(_ missing: MissingPolicy = .failSample) throws -> CaptionDataset {
            let store = RangeStore(server)
            return try CaptionDataset(
                training.dataset.sources[0], root: folder.path,
                stores: [.image: store, .annotation: store], tokenizer: ByteTokenizer(),
                missing: missing)
        }

        func local() throws -> CaptionDataset {
            try CaptionDataset(training, root: folder.path, tokenizer: ByteTokenizer())
        }
    }

    private func options(_ sampler: any Sampler, batches: Int? = nil) -> LoaderOptions {
        var options = LoaderOptions(
            batchSize: 5, sampler: sampler, workers: 3, batchLimit: batches,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        options.readRetries = ReadRetries(pauses: [1, 1, 1])
        return options
    }

    /// What batches hold.
    private func contents(_ loader: DataLoader<CaptionDataset>) throws -> [String] {
        try loader.results.map { result in
            let batch = try result.get()
            let pixels = batch.pixelValues.withUnsafeBytes { sha256($0) }
            return "\(batch.samples.map(\.sample.imageFile)) \(batch.inputIDs) \(pixels)"
        }
    }

    @Test("It carries a data set through the index, blocks of shards and a resume")
    func wholeRoad() throws {
        let set = try Setting()
        let remote = try set.remote()
        let local = try set.local()
        let asked = set.server.requests.load(ordering: .relaxed)
        // Kept beside the list: nothing is located again, only each part's store asked for its shards.
        let again = try set.remote()
        #expect(set.server.requests.load(ordering: .relaxed) == asked + 2)
        #expect(again.count == 24)
        #expect(again.fingerprint == local.fingerprint)
        #expect(try again.paths(of: 7) == local.paths(of: 7))
        #expect(try again.layout.shards() == local.layout.shards())

        let sampler = BlockShuffledSampler.blockShuffled(shardsOpen: 1, seed: 3)
        let expected = try contents(DataLoader(local, options(sampler, batches: 6)))
        #expect(try contents(DataLoader(remote, options(sampler, batches: 6))) == expected)

        // Half by one loader, half by another one that goes on.
        let first = try DataLoader(remote, options(sampler, batches: 3))
        let half = try contents(first)
        let second = try DataLoader(again, options(sampler, batches: 3), resuming: first.state)
        #expect(half + (try contents(second)) == expected)
    }

    @Test("Reads that fail for a moment are tried again, others are told with their place")
    func faults() throws {
        let set = try Setting()
        let dataset = try set.remote()
        set.server.behavior.update {
            $0.refusals = 1
            $0.delay = 0
        }
        let loader = try DataLoader(dataset, options(.sequential))
        #expect(try contents(loader).count == 5)
        #expect(loader.statistics.retriedReads >= 48)
        set.server.behavior.update { $0.silent = ["00001.tar"] }
        var options = options(.sequential)
        options.readRetries = .none
        options.failurePolicy = .skip(atMost: 100)
        var failures: [String] = []
        for result in try DataLoader(dataset, options).results {
            failures += try result.get().context.failures.map { "\($0)" }
        }
        #expect(failures.count == 8)
        #expect(failures.allSatisfy { $0.contains("00001.tar") && $0.contains("in time") })
    }

    @Test(
        "A time-out while a data set is opened is an error that names the shard, and nothing is kept",
        arguments: [MissingPolicy.failSample, .dropAtOpen])
    func timeOut(missing: MissingPolicy) throws {
        let set = try Setting()
        set.server.behavior.update { $0.silent = ["00002.tar"] }
        let error = #expect(throws: StoreError.self) { try set.remote(missing) }
        #expect(error?.file == "00002.tar")
        #expect(error?.systemError == ETIMEDOUT)
        #expect(error?.isTransient == true)
        set.server.behavior.update { $0.silent = [] }
        #expect(try set.remote(missing).count == 24)
    }

    @Test("Shards of another version make the index anew")
    func versions() throws {
        let set = try Setting()
        #expect(try set.remote().count == 24)
        let other = try RangeServer(folder: set.folder["raw"])
        let list = set.folder["redcaps5m_data.json"]
        struct Renamed: FileStore {
            let store: RangeStore
            func shards() throws(StoreError) -> [StoreShard] {
                try store.shards().map {
                    StoreShard(name: $0.name, byteCount: $0.byteCount, version: .tag("v2"))
                }
            }
            func locate(_ path: String) throws(StoreError) -> FileLocation {
                try store.locate(path)
            }
            func read(
                _ location: FileLocation, into buffer: inout ReadBuffer
            ) throws(StoreError) {
                try store.read(location, into: &buffer)
            }
        }
        let store = Renamed(store: RangeStore(other))
        let stores: [SamplePart: any FileStore] = [.image: store, .annotation: store]
        #expect(try SampleIndex(list: list, stores: stores).isBuilt)
        #expect(try !SampleIndex(list: list, stores: stores).isBuilt)
    }
}
