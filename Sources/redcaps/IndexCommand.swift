import ArgumentParser
import RedCapsCore

struct IndexCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "index", abstract: "Lists a folder of tars without unpacking them.")

    @Argument(help: "The folder of the shards.")
    var raw: String

    @Flag(help: "Print one line of JSON.")
    var json = false

    func run() throws {
        let clock = ContinuousClock()
        let start = clock.now
        let index = try TarIndex(folder: raw)
        let seconds = (clock.now - start).inSeconds
        let failures = index.shards.compactMap(\.failure)
        guard !index.shards.isEmpty else {
            throw ValidationFailure("\(raw): no *.tar in this folder")
        }
        if json {
            var line = JSONLine()
            line.add("shards", index.shards.count)
            line.add("members", index.memberCount)
            line.add("bytes", index.shards.reduce(0) { $0 + Int(clamping: $1.byteCount) })
            line.add("duplicates", index.duplicateCount)
            line.add("unsafe", index.shards.reduce(0) { $0 + $1.unsafeMembers })
            line.add("seconds", seconds)
            line.add("failures", failures.map { "\($0)" })
            print(line.text)
        } else {
            for shard in index.shards {
                print("\(shard.path): \(shard.memberCount) members, \(shard.byteCount) bytes")
            }
            print(
                "\(index.shards.count) shards, \(index.memberCount) members, "
                    + "\(index.duplicateCount) replaced by later ones, \(seconds) s")
        }
        for failure in failures { Terminal.complain("\(failure)") }
        if !failures.isEmpty { throw ExitCode(1) }
    }
}
