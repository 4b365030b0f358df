import Foundation
import TestSupport
import Testing

/// A run of `redcaps load` and the ledger that it wrote.
struct LedgerRun {
    let result: ProgramResult
    let lines: [String]

    init(_ set: DemoSet, _ arguments: String...) throws {
        try self.init(set, arguments: arguments)
    }

    init(
        _ set: DemoSet, arguments: [String] = [], ledger: String? = nil,
        environment: [String: String] = [:]
    ) throws {
        let name = ledger ?? set.folder["ledger-\(UUID().uuidString)-{rank}.jsonl"]
        result = try run(
            try Redcaps.path(),
            ["load", "--config", set.configuration, "--ledger", name, "--json"] + arguments,
            environment: environment)
        let file = name.replacing("{rank}", with: Self.rank(arguments, environment))
        let text = try? String(contentsOfFile: file, encoding: .utf8)
        lines = (text ?? "").split(separator: "\n").map(String.init)
    }

    private static func rank(_ arguments: [String], _ environment: [String: String]) -> String {
        arguments.firstIndex(of: "--rank").map { arguments[$0 + 1] } ?? environment["RANK"] ?? "0"
    }

    var batches: [[String: Any]] {
        get throws {
            try lines.map {
                try #require(
                    try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
            }
        }
    }

    var indices: [[Int]] {
        get throws { try batches.map { try #require($0["indices"] as? [Int]) } }
    }

    var numbers: [Int?] { get throws { try batches.map { $0["batch"] as? Int } } }

    /// The last line of output, the run's figures.
    var figures: [String: Any] {
        get throws {
            let line = try #require(result.lines.last, "\(result.errors)")
            return try #require(
                try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
    }
}

@Suite("redcaps load: going on")
struct LoadRunTests {
    private let set: DemoSet
    private let state: String

    init() throws {
        set = try DemoSet(samples: 14, imageSize: 16)
        state = set.folder["state.json"]
    }

    @Test("Two processes with a state between them are one run, with any workers and prefetch")
    func resumed() throws {
        let whole = try LedgerRun(set, "--batch-size", "3", "--batches", "9", "--seed", "4")
        #expect(try whole.numbers == Array(0..<9))
        let ledger = set.folder["parts.jsonl"]
        var parts = LedgerRun?.none
        for (batches, workers, prefetch) in [("4", "1", "1"), ("1", "3", "4"), ("4", "2", "1")] {
            let resume = parts == nil ? [] : ["--resume", state]
            parts = try LedgerRun(
                set,
                arguments: [
                    "--batch-size", "3", "--batches", batches, "--seed", "4", "--workers", workers,
                    "--prefetch", prefetch, "--save-state", state,
                ] + resume, ledger: ledger)
            #expect(parts?.result.status == 0)
        }
        #expect(parts?.lines == whole.lines)
    }

    @Test("A state is the same for all ranks; any number of them, and any batches, go on with it")
    func ranks() throws {
        let whole = try LedgerRun(
            set, "--batch-size", "1", "--batches", "24", "--seed", "9", "--workers", "2")
        _ = try LedgerRun(
            set, "--batch-size", "2", "--batches", "3", "--seed", "9", "--save-state", state)
        var parts: [[[Int]]] = []
        var states: [Data] = []
        for rank in 0..<3 {
            let run = try LedgerRun(
                set, "--batch-size", "3", "--batches", "2", "--seed", "9", "--rank", "\(rank)",
                "--world-size", "3", "--resume", state, "--save-state",
                set.folder["state-{rank}.json"])
            #expect(run.result.status == 0, "\(run.result.errors)")
            parts.append(try run.indices)
            states.append(
                try Data(contentsOf: URL(filePath: set.folder["state-\(rank).json"])))
        }
        #expect(states[1] == states[0] && states[2] == states[0])
        var stream: [Int] = []
        for batch in 0..<2 {
            for slot in 0..<3 { stream += parts.map { $0[batch][slot] } }
        }
        #expect(try Array(whole.indices.joined().dropFirst(6)) == stream)
    }

    @Test("A ledger that was written beyond the state, and half a line, is taken back")
    func ledgerAhead() throws {
        let whole = try LedgerRun(set, "--batch-size", "4", "--batches", "6")
        let ledger = try set.folder.write(
            "ahead.jsonl", whole.lines[..<5].map { $0 + "\n" }.joined() + "{\"batch\": 5, \"posi")
        _ = try LedgerRun(set, "--batch-size", "4", "--batches", "2", "--save-state", state)
        let resumed = try LedgerRun(
            set, arguments: ["--batch-size", "4", "--batches", "4", "--resume", state],
            ledger: ledger)
        #expect(resumed.lines == whole.lines)
    }

    @Test("A run that is told to end keeps its state after a whole batch, and is gone on with")
    func interrupted() throws {
        let ledger = set.folder["ledger.jsonl"]
        let program = try RunningProgram(
            try Redcaps.path(),
            [
                "load", "--config", set.configuration, "--batch-size", "2", "--batches",
                "100000000", "--save-state", state, "--ledger", ledger,
            ])
        for _ in 0..<6000 where !FileManager.default.fileExists(atPath: state) { usleep(10_000) }
        program.signal(SIGTERM)
        let result = try program.finish()
        #expect(result.status == 75, "\(result.errors)")
        #expect(result.output.contains("samples per second"))
        let saved = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: state)))
                as? [String: Any])
        let batch = try #require(saved["batch"] as? Int)
        #expect(batch > 0)
        #expect(
            result.errors.contains(
                "interrupted after \(batch) batches; --resume \(state) goes on from here"))
        #expect(saved["position"] as? Int == 2 * batch)
        let written = try String(contentsOfFile: ledger, encoding: .utf8).split(separator: "\n")
        #expect(written.count == batch)
        let resumed = try LedgerRun(
            set, arguments: ["--batch-size", "2", "--batches", "2", "--resume", state],
            ledger: ledger)
        let replayed = try LedgerRun(
            set, "--batch-size", "2", "--batches", "2", "--first-batch", "\(batch)")
        #expect(resumed.lines.count == batch + 2)
        #expect(Array(resumed.lines.suffix(2)) == replayed.lines)
    }

    @Test("Batches are replayed and stepped over by number, as the ledger has them")
    func numbers() throws {
        let whole = try LedgerRun(set, "--batch-size", "2", "--batches", "12")
        let replayed = try LedgerRun(
            set, "--batch-size", "2", "--batches", "3", "--first-batch", "5")
        #expect(replayed.lines == Array(whole.lines[5..<8]))
        let stepped = try LedgerRun(
            set, "--batch-size", "2", "--batches", "6", "--skip-batches", "1-3,6,7-9")
        #expect(stepped.lines.dropLast() == [0, 4, 5, 10, 11].map { whole.lines[$0] }[...])
        #expect(try stepped.numbers == [0, 4, 5, 10, 11, 12])
    }

    @Test("A state of another seed or order, and what is no state, is refused in one line")
    func refused() throws {
        _ = try LedgerRun(set, "--batch-size", "2", "--batches", "1", "--save-state", state)
        let broken = try set.folder.write("broken.json", "{\"batch\": 3}")
        for (arguments, message) in [
            (["--resume", state, "--sampler", "sequential"], "another sampler: infinite:v1"),
            (["--resume", state, "--seed", "3"], "of another"),
            (["--resume", broken], "broken.json is no state of a loader"),
            (["--resume", "/nowhere/state.json"], "/nowhere/state.json can't be read"),
            (["--save-state", "/nowhere/state.json"], "/nowhere/state.json"),
        ] {
            let refused = try LedgerRun(
                set, arguments: ["--batch-size", "2", "--batches", "1"] + arguments)
            #expect(refused.result.status == 1)
            #expect(refused.result.errors.contains(message), "\(refused.result.errors)")
            #expect(refused.result.errors.split(separator: "\n").count == 1)
        }
        let other = try DemoSet(samples: 15, imageSize: 16)
        let refused = try LedgerRun(other, "--batch-size", "2", "--resume", state)
        #expect(refused.result.errors.contains("of another data set"))
    }
}

@Suite("redcaps load: orders and ranks")
struct LoadOrderTests {
    private let set: DemoSet

    init() throws { set = try DemoSet(samples: 12, imageSize: 16) }

    private func indices(_ arguments: String...) throws -> [Int] {
        let run = try LedgerRun(set, arguments: ["--batch-size", "4"] + arguments)
        #expect(run.result.status == 0, "\(run.result.errors)")
        return Array(try run.indices.joined())
    }

    @Test("Each order is the one that its name says")
    func samplers() throws {
        let list = Array(0..<12)
        #expect(try indices("--sampler", "sequential") == list)
        #expect(try indices("--sampler", "sequential", "--batches", "5") == list)
        #expect(
            try indices("--sampler", "infinite", "--no-shuffle", "--batches", "5")
                == list + list.prefix(8))
        let shuffled = try indices("--sampler", "infinite", "--seed", "3", "--batches", "6")
        #expect(shuffled != list + list)
        #expect(shuffled.prefix(12).sorted() == list && shuffled.suffix(12).sorted() == list)
        let epochs = try indices("--sampler", "epochs", "--epochs", "2", "--seed", "3")
        #expect(epochs == shuffled)
        #expect(try indices("--sampler", "epochs", "--no-shuffle") == list)
        #expect(try indices("--seed", "3", "--batches", "6") == shuffled)  // as configured
        let blocks = try indices("--sampler", "block-shuffled", "--shards-open", "1")
        #expect(blocks.sorted() == list && blocks != list)
        #expect(Set(blocks.prefix(6).map { $0 / 6 }).count == 1)  // two shards of six
        // A block of 256 positions has 21 epochs of the only source, and 4 samples of the next.
        let mixture = try indices("--sampler", "mixture", "--weights", "2", "--batches", "64")
        let counts = list.map { index in mixture.count { $0 == index } }
        #expect(counts.sorted() == Array(repeating: 21, count: 8) + Array(repeating: 22, count: 4))
        let reference = try indices("--sampler", "reference", "--batches", "3")
        #expect(reference.sorted() == list)
        #expect(try indices("--sampler", "reference", "--no-shuffle") == list)
    }

    @Test("What the configuration or the data set can't give is an error in one line")
    func refused() throws {
        for (arguments, message) in [
            (["--epochs", "2"], "--epochs: the configuration's sampler never ends"),
            (["--sampler", "reference", "--epochs", "2"], "never ends"),
            (["--sampler", "mixture", "--weights", "1,2"], "weights"),
        ] {
            let run = try LedgerRun(set, arguments: arguments)
            #expect(run.result.status == 1)
            #expect(run.result.errors.contains(message), "\(run.result.errors)")
            #expect(run.result.errors.split(separator: "\n").count == 1)
        }
    }

    @Test("Ranks given by hand or by a launcher share the list, with as many batches each")
    func ranks() throws {
        for byHand in [true, false] {
            var all: [Int] = []
            for rank in 0..<5 {
                let run = try LedgerRun(
                    set,
                    arguments: ["--batch-size", "2", "--sampler", "sequential"]
                        + (byHand ? ["--rank", "\(rank)", "--world-size", "5"] : []),
                    environment: byHand ? [:] : ["RANK": "\(rank)", "WORLD_SIZE": "5"])
                #expect(run.lines.count == 2)
                #expect(run.result.errors.contains("rank \(rank) of 5"), "\(run.result.errors)")
                #expect(run.result.errors.contains("torchrun") == !byHand)
                all += try run.indices.joined()
            }
            #expect(all.sorted() == Array(0..<12))
        }
        let shared = try LedgerRun(
            set, arguments: ["--rank", "0", "--world-size", "2"], ledger: set.folder["one.jsonl"])
        #expect(shared.result.status == 1)
        #expect(shared.result.errors.contains("it needs {rank} in its name"))
        #expect(!FileManager.default.fileExists(atPath: set.folder["one.jsonl"]))
        let half = try LedgerRun(set, environment: ["RANK": "1"])
        #expect(half.result.status == 1)
        #expect(half.result.errors.contains("WORLD_SIZE is needed as well"))
    }

    @Test("The profile has every stage and names the bottleneck; bare threads have none of it")
    func profile() throws {
        let result = try Redcaps.run(
            "load", "--config", set.configuration, "--batch-size", "4", "--batches", "6",
            "--profile")
        #expect(result.status == 0)
        for word in [
            "read", "decode", "resample", "tokenize", "collate", "consumer", "workers", "queue",
            "bottleneck",
        ] {
            #expect(result.lines.contains { $0.hasPrefix(word) }, "\(word)")
        }
        let bare = try #require(
            try Redcaps.lines(
                "load", "--config", set.configuration, "--batch-size", "4", "--batches", "6",
                "--engine", "bare", "--workers", "3", "--json"
            ).first)
        #expect(bare["samples"] as? Int == 24)
        #expect(bare["batches"] as? Int == 6)
        #expect(bare["decode_seconds"] == nil)
        let endless = try Redcaps.run(
            "load", "--config", set.configuration, "--engine", "bare", "--sampler", "sequential")
        #expect(endless.status == 1)
        #expect(endless.errors.contains("--engine bare needs --batches"))
    }
}
