import RedCapsBase
import ArgumentParser

/// One part of several, as in `--shard 0/4`.
struct Share: ExpressibleByArgument {
    let at: Int
    let of: Int

    init(at: Int, of: Int) { (self.at, self.of) = (at, of) }

    init?(argument: String) {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let at = Int(parts[0]), let of = Int(parts[1]) else {
            return nil
        }
        self.init(at: at, of: of)
    }

    var defaultValueDescription: String { "\(at)/\(of)" }
}
