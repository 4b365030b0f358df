import RedCapsBase
import ArgumentParser
import RedCapsCore
import RedCapsFixtures

struct DemoDataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo-data",
        abstract: "Writes a small data set of drawn landscapes, in the shape of RedCaps5M.",
        discussion: """
            Example:
              redcaps demo-data demo --samples 1000
            """)

    @Argument(help: "The folder to write.")
    var out: String

    @Option(help: "How many samples.")
    var samples: Int = 300

    @Option(help: "The images' shorter edge in pixels.")
    var shortestEdge: Int = 1024

    @Option(help: "What the pictures depend on.")
    var seed: UInt64 = 0

    @Flag(help: "Write over a data set that is there.")
    var force = false

    func validate() throws {
        guard samples >= 1 else { throw ValidationError("--samples \(samples) isn't positive") }
        guard (81...8192).contains(shortestEdge) else {
            throw ValidationError("--shortest-edge \(shortestEdge) isn't in 81 ... 8192")
        }
    }

    func run() throws {
        for name in ["raw", "redcaps5m_data.json", "redcaps5m.json"]
        where !force && Disk.exists("\(out)/\(name)") {
            throw Failure("\(out)/\(name) is there already; --force writes over it")
        }
        let fixture = FixtureDataset(
            samples: samples, shards: min(2, samples), shortestEdge: shortestEdge, seed: seed)
        let bar = ConditionLock(ProgressBar(total: samples, unit: "images"))
        let written = try fixture.write(to: out) { done in
            bar.update { bar in bar.show(done) }
        }
        bar.update { bar in bar.finish() }
        try StandardOutput.print("Wrote \(samples) samples: \(written.configuration)")
    }
}
