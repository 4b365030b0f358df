import Foundation
package import RedCapsLoading
package import Synchronization

/// A data set of numbers that watches how it is loaded.
package final class NumberDataset: Dataset {
    package struct Broken: Error, Equatable {
        package let index: Int
        package init(index: Int) { self.index = index }
    }

    /// Counts the threads that are at work: each has one of these for as long as it lives.
    package final class Workspace {
        private let watch: Watch
        init(_ watch: Watch) {
            self.watch = watch
            watch.threads.wrappingAdd(1, ordering: .relaxed)
        }
        deinit { watch.threads.wrappingSubtract(1, ordering: .relaxed) }
    }

    package final class Watch: Sendable {
        package init() {}
        package let threads = Atomic(0)
        package let loads = Atomic(0)
        package let storages = Atomic(0)
        package let mostStorages = Atomic(0)
    }

    /// Counts the batches that are in memory.
    package final class Storage: Sendable {
        private let watch: Watch
        init(_ watch: Watch) {
            self.watch = watch
            let count = watch.storages.wrappingAdd(1, ordering: .relaxed).newValue
            _ = watch.mostStorages.max(count, ordering: .relaxed)
        }
        deinit { watch.storages.wrappingSubtract(1, ordering: .relaxed) }
    }

    package let count: Int
    let broken: Set<Int>
    let hasWorkspaces: Bool
    package let watch = Watch()

    package init(_ count: Int, broken: Set<Int> = [], hasWorkspaces: Bool = true) {
        self.count = count
        self.broken = broken
        self.hasWorkspaces = hasWorkspaces
    }

    package func makeWorkspace(probe: LoadingProbe) throws -> Workspace {
        guard hasWorkspaces else { throw Broken(index: -1) }
        return Workspace(watch)
    }

    package func makeStorage(for batch: PlannedBatch) -> Storage { Storage(watch) }

    package func load(
        _ index: Int, draws: inout some SampleDraws, into storage: Storage, slot: Int,
        workspace: Workspace
    ) throws -> [Int] {
        watch.loads.wrappingAdd(1, ordering: .relaxed)
        let draw = draws.integer(below: 1000)
        if broken.contains(index) { throw Broken(index: index) }
        // Some samples take longer than others, so that threads overtake one another.
        if index % 3 == 0 { usleep(UInt32(index % 7) * 100) }
        return [index, draw]
    }

    /// Waits until no thread of a loader is left, but not for ever.
    package func threadsHaveEnded() -> Bool {
        for _ in 0..<2000 {
            if watch.threads.load(ordering: .relaxed) == 0 { return true }
            usleep(5000)
        }
        return false
    }

    /// Waits until nothing is being loaded any more, but not for ever, and tells how much was.
    package func loadsAtRest() -> Int {
        var last = -1
        for _ in 0..<200 {
            let now = watch.loads.load(ordering: .relaxed)
            if now == last && now > 0 { return now }
            last = now
            usleep(50000)
        }
        return last
    }
}

/// A batch without what can't be compared.
package struct Row: Equatable {
    package let position: Int
    package let index: Int
    package let used: Int
    package let sample: [Int]
    package let failed: [Int]

    package init(_ loaded: LoadedSample<[Int]>) {
        position = loaded.position
        index = loaded.index
        used = loaded.used
        sample = loaded.sample
        failed = loaded.failures.map(\.index)
    }
}
