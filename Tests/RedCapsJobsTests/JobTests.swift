import RedCapsBase
import RedCapsCore
import RedCapsImage
import RedCapsJobs
import RedCapsTar
import TestSupport
import Testing

/// One of the long jobs over the same shards, as any of them is used.
struct JobCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Makes the job over `in`, with an output of some name.
    let make: @Sendable (TemporaryFolder, _ output: String, _ jobs: Int?) throws -> any Job
    /// What a report says of earlier runs; `nil` for a job that keeps nothing.
    let kept: @Sendable (any Sendable) -> Int?
    /// Pieces of the work that are whole in an output.
    let whole: @Sendable (TemporaryFolder, _ output: String) throws -> Int

    static let all: [JobCase] = [packing, extraction, verification, downsampling]

    static let packing = JobCase(
        testDescription: "Packing",
        make: { folder, output, jobs in
            try Packing(
                [folder["in/0.tar"], folder["in/1.tar"], folder["in/2.tar"]],
                into: folder[output],
                options: Packing.Options(sharding: .samples(1), jobs: jobs))
        },
        kept: { ($0 as? Packing.Report)?.kept }, whole: Self.shards)

    static let extraction = JobCase(
        testDescription: "Extraction",
        make: { folder, output, jobs in
            try Extraction(
                folder["in"], into: folder[output], options: Extraction.Options(jobs: jobs))
        },
        kept: { ($0 as? Extraction.Report)?.kept },
        whole: { folder, output in
            guard Disk.isFolder(folder["\(output).extracting"]) else { return 0 }
            return try folder.names("\(output).extracting").count { $0.hasSuffix(".done") }
        })

    static let verification = JobCase(
        testDescription: "Verification",
        make: { folder, _, jobs in try Verification(folder["in"], jobs: jobs) },
        kept: { _ in nil }, whole: { _, _ in 0 })

    static let downsampling = JobCase(
        testDescription: "Downsampling",
        make: { folder, output, jobs in
            try Downsampling(
                folder["in"], into: folder[output], DownsamplingOptions(shortestEdge: 20),
                jobs: jobs)
        },
        kept: { ($0 as? Downsampling.Report)?.kept }, whole: Self.shards)

    private static let shards: @Sendable (TemporaryFolder, String) throws -> Int = {
        folder, output in
        guard Disk.isFolder(folder[output]) else { return 0 }
        return try folder.names(output).count { $0.hasSuffix(".tar") }
    }
}

@Suite("Jobs, through their one protocol")
struct JobTests {
    /// Three shards of images with captions.
    private func shards(images: Int = 8) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write("in/.keep", "")
        for shard in 0..<3 {
            let tar = try TarWriter.create(folder["in/\(shard).tar"])
            for number in 0..<images {
                let pixels = [UInt8](repeating: UInt8(shard * images + number), count: 60 * 40 * 3)
                let jpeg = try JPEGEncoder(quality: 80).encode(
                    PixelBuffer(width: 60, height: 40, pixels: pixels))
                try tar.add("\(shard)/\(number).jpg", jpeg)
                try tar.add("\(shard)/\(number).json", Array(#"{"caption": "x"}"#.utf8))
            }
            try tar.close()
        }
        return folder
    }

    /// The paths and bytes of an output, without states.
    private func files(_ folder: TemporaryFolder, _ output: String) throws -> [String: String] {
        guard Disk.isFolder(folder[output]) else { return [:] }
        return try Tree(folder[output], timesOfFolders: false).rows
            .filter { !$0.key.hasPrefix(".redcaps") && $0.value.hasPrefix("file") }
            .mapValues { String($0.split(separator: " ").last ?? "") }
    }

    private func run(
        _ job: some Job, _ cancellation: Cancellation = Cancellation(),
        _ progress: () -> Void = {}
    ) throws -> any Sendable {
        try job.run(cancellation: cancellation) { _ in progress() }
    }

    @Test("A run tells how far it is, and what it has come to", arguments: JobCase.all)
    func progress(_ job: JobCase) throws {
        let folder = try shards()
        var calls = 0
        let report = try run(job.make(folder, "out", 2)) { calls += 1 }
        #expect(calls > 0)
        #expect(job.kept(report) ?? 0 == 0)
        let again = try run(job.make(folder, "out", 1))
        #expect(job.kept(again) == (job.kept(report) == nil ? nil : try job.whole(folder, "out")))
    }

    private func events(_ job: some Job) async throws -> (progress: Int, reports: Int) {
        var (progress, reports) = (0, 0)
        for try await event in job.progress() {
            switch event {
            case .progress:
                #expect(reports == 0, "nothing comes after the report")
                progress += 1
            case .report: reports += 1
            }
        }
        return (progress, reports)
    }

    private func leave(_ job: some Job) async throws {
        for try await _ in job.progress() { break }
    }

    @Test(
        "A stream ends with the last value and the report, and can be left", arguments: JobCase.all)
    func stream(_ job: JobCase) async throws {
        let folder = try shards()
        let told = try await events(job.make(folder, "out", nil))
        #expect(told.progress > 0)
        #expect(told.reports == 1)
        try await leave(job.make(folder, "left", nil))
    }

    @Test(
        "A job that was cancelled before its run touches nothing that is whole",
        arguments: JobCase.all)
    func cancelled(_ job: JobCase) throws {
        let folder = try shards()
        let cancellation = Cancellation()
        cancellation.cancel()
        let error = #expect(throws: StoreError.self) {
            try run(job.make(folder, "out", 2), cancellation)
        }
        #expect(error?.code == .cancelled)
        #expect(error?.file.hasPrefix(folder.path) == true, "\(error?.file ?? "")")
        #expect(try files(folder, "out").isEmpty)
    }

    @Test(
        "A run that is cancelled midway is finished by the next, which counts what was whole as kept",
        arguments: JobCase.all)
    func goesOn(_ job: JobCase) throws {
        let folder = try shards(images: 30)
        _ = try run(job.make(folder, "undisturbed", nil))
        for milliseconds in [1, 5, 20, 60] {
            let cancellation = Cancellation()
            try WorkerThread.start {
                MonotonicTime.sleep(milliseconds: milliseconds)
                cancellation.cancel()
            }
            do { _ = try run(job.make(folder, "out", 1), cancellation) } catch let error
                as StoreError
            {
                #expect(error.code == .cancelled, "\(error)")
            }
            let whole = try job.whole(folder, "out")
            let undisturbed = try files(folder, "undisturbed")
            for (path, hash) in try files(folder, "out") {
                #expect(undisturbed[path] == hash, "\(path)")
            }
            let report = try run(job.make(folder, "out", 2))
            if let kept = job.kept(report) { #expect(kept == whole) }
            #expect(try files(folder, "out") == undisturbed)
            for name in ["out", "out.extracting"] where Disk.exists(folder[name]) {
                try folder.remove(name)
            }
        }
    }

    @Test(
        "A number of threads that makes no sense is refused in the same words",
        arguments: JobCase.all)
    func threads(_ job: JobCase) throws {
        let folder = try shards(images: 1)
        for jobs in [-1, 0, 1025] {
            let error = #expect(throws: StoreError.self) { try job.make(folder, "out", jobs) }
            #expect(error?.code == .invalid)
            #expect(error?.description == "jobs: \(jobs) jobs isn't in 1 ... 1024")
        }
        _ = try job.make(folder, "out", 1024)
    }

    @Test("Shares together are the whole, and each shard is in one of them")
    func shares() throws {
        let folder = try shards()
        _ = try run(JobCase.extraction.make(folder, "tree", nil))
        _ = try run(JobCase.downsampling.make(folder, "small", nil))
        for index in 0..<2 {
            let share = try Share(index: index, count: 2)
            let options = try Extraction.Options(share: share)
            let extracted = try Extraction(folder["in"], into: folder["trees"], options: options)
                .run()
            #expect(extracted.shards == 2 - index)
            let downsampled = try Downsampling(
                folder["in"], into: folder["smalls"], DownsamplingOptions(shortestEdge: 20),
                share: share
            ).run()
            #expect(downsampled.shards == 2 - index)
        }
        #expect(try files(folder, "trees") == files(folder, "tree"))
        #expect(try files(folder, "smalls") == files(folder, "small"))
    }

    @Test("A share is written i/n")
    func shareTexts() throws {
        #expect(try Share(parsing: "1/3") == Share(index: 1, count: 3))
        #expect("\(try Share(parsing: "0/1"))" == "0/1")
        #expect(try Share(parsing: "0/1") == .whole)
        for text in ["", "1", "3/3", "-1/2", "0/0", "1/2/3", "a/b", "1/"] {
            let error = #expect(throws: StoreError.self) { try Share(parsing: text) }
            #expect(error?.code == .invalid)
            #expect(error?.reason.contains("isn't i/n") == true)
        }
    }

    @Test("A reader that is slow holds the work up: no value is lost, and few wait")
    func backPressure() async throws {
        let told = ConditionLock(0)
        let stream = AsyncThrowingStream<Int, any Error>.ofWork(
            delivering: .all(atMost: 4), stop: {}
        ) { tell in
            for number in 0..<500 {
                told.update { $0 += 1 }
                tell(number)
            }
        }
        var taken = 0
        for try await number in stream {
            #expect(number == taken)
            taken += 1
            // Those that wait, the one that is being told, and the one that the reader has ahead.
            #expect(told.update { $0 } <= taken + 6)
        }
        #expect(taken == 500)
    }
}
