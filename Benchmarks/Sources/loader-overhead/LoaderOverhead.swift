import ArgumentParser
import Foundation
import RedCapsCore
import RedCapsLoading
import RedCapsTar

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What the loader itself costs: samples that take no time, and reads that take long.
@main
struct LoaderOverhead: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "loader-overhead",
        abstract: "The loader with samples that take no time, or from storage that is slow.",
        subcommands: [NoWork.self, SlowStorage.self, Leftovers.self], defaultSubcommand: NoWork.self
    )
}

struct NoWork: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Samples that take no time: how many a second, and what memory they leave.")

    @Option(help: "Samples in all.")
    var samples = 5_000_000

    @Option(help: "Threads.")
    var workers = [1, 2, 8]

    @Option(help: "Samples in a batch.")
    var batchSize = 32

    func run() throws {
        print("workers  samples/s  MB after 50 batches  MB at the end")
        for workers in workers {
            let options = LoaderOptions(
                batchSize: batchSize, sampler: .infinite(seed: 1), workers: workers,
                batchLimit: samples / batchSize)
            let loader = try DataLoader(Numbers(count: 1_000_000), options)
            let clock = ContinuousClock()
            let start = clock.now
            var (batches, sum, early) = (0, 0, 0)
            for result in loader.results {
                for loaded in try result.get() { sum &+= loaded.sample }
                batches += 1
                if batches == 50 { early = loader.statistics.residentBytes ?? 0 }
            }
            let seconds = (clock.now - start) / .seconds(1)
            let late = loader.statistics.residentBytes ?? 0
            let rate = Int(Double(batches * batchSize) / seconds)
            print("\(workers)  \(rate)  \(megabytes(early))  \(megabytes(late))  (sum \(sum))")
        }
    }

    private func megabytes(_ bytes: Int) -> Double { Double(bytes / 10_000) / 100 }
}

/// A data set whose samples are their indices.
private struct Numbers: Dataset {
    let count: Int

    func load(
        _ index: Int, draws: inout some SampleDraws, into storage: Void, slot: Int, workspace: Void
    ) -> Int { index }
}

struct SlowStorage: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "A data set from storage whose every read takes a while, against the same without.")

    @Option(help: "The configuration of the data set.")
    var config: String

    @Option(help: "What relative paths in it are relative to.")
    var root: String

    @Option(help: "How long a read takes, in milliseconds.")
    var sleep = 10

    @Option(help: "Threads that decode.")
    var workers = 2

    @Option(help: "Batches in a round.")
    var batches = 60

    @Option(help: "Rounds; each figure is the median.")
    var rounds = 3

    func run() throws {
        let training = try TrainingConfiguration(file: config)
        guard let configuration = training.dataset.sources.first,
            let list = configuration.dataPath, let folder = configuration.imageFolder
        else { return }
        let manifest = try Manifest(path: "\(root)/\(list)")
        let store = try DatasetFolder("\(root)/\(folder)")
        var rates: [[Double]] = [[], []]
        for _ in 0..<rounds {
            for (kind, milliseconds) in [0, sleep].enumerated() {
                let slow = SleepingStore(store: store, milliseconds: milliseconds)
                let dataset = try CaptionDataset(
                    configuration, manifest: manifest, images: slow, annotations: slow)
                let options = LoaderOptions(
                    batchSize: 32, workers: workers, batchLimit: batches)
                let clock = ContinuousClock()
                var (samples, warm) = (0, clock.now)
                for (number, result) in try DataLoader(dataset, options).results.enumerated() {
                    let count = try result.get().count
                    if number < batches / 10 { warm = clock.now } else { samples += count }
                }
                rates[kind].append(Double(samples) / ((clock.now - warm) / .seconds(1)))
            }
        }
        let medians = rates.map { $0.sorted()[$0.count / 2] }
        print(
            "without \(Int(medians[0]))/s, with \(sleep) ms for every read \(Int(medians[1]))/s: "
                + "\((medians[1] / medians[0] * 1000).rounded() / 1000)")
    }
}

/// A store that sleeps before every read.
private struct SleepingStore: FileStore {
    let store: DatasetFolder
    let milliseconds: Int

    func locate(_ path: String) throws(StoreError) -> FileLocation { try store.locate(path) }

    func read(_ location: FileLocation, into buffer: inout ReadBuffer) throws(StoreError) {
        if milliseconds > 0 { usleep(UInt32(milliseconds * 1000)) }
        try store.read(location, into: &buffer)
    }
}

struct Leftovers: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Many loaders that are dropped half-way: what they leave of threads and memory.")

    @Option(help: "Loaders.")
    var loaders = 1000

    func run() throws {
        for number in 0...loaders {
            if number % (max(1, loaders / 10)) == 0 {
                usleep(200_000)
                print(number, field("Threads"), field("VmRSS"))
            }
            let options = LoaderOptions(batchSize: 8, workers: 1 + number % 8)
            let loader = try DataLoader(Numbers(count: 1000), options)
            for (batch, result) in loader.results.enumerated() {
                _ = try result.get()
                if batch >= number % 5 { break }
            }
        }
    }

    /// A line of what Linux says of this process.
    private func field(_ name: String) -> String {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") }
        return line.map(String.init) ?? "\(name): ?"
    }
}
