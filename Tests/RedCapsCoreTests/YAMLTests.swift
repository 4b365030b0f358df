import RedCapsBase
import Foundation
import RedCapsCore
import TestSupport
import Testing

@Suite("Configurations in YAML")
struct YAMLTests {
    #if YAML
    private func parse(_ text: String) throws -> JSONValue {
        try JSONValue(parsingYAML: Array(text.utf8))
    }

    private func refusal(_ text: String) -> YAMLError? {
        #expect(throws: YAMLError.self) { try parse(text) }
    }

    @Test("Documents are what PyYAML makes of them")
    func golden() throws {
        let bytes = try Fixture.bytes("yaml.json")
        guard case .array(let rows) = try JSONValue(parsing: bytes) else {
            return #expect(Bool(false))
        }
        #expect(rows.count > 200)
        for row in rows {
            guard case .array(let row) = row, case .string(let text) = row[0] else {
                Issue.record("no row: \(row)")
                continue
            }
            let value = try? parse(text)
            if case .array(let expected) = row[1] {
                #expect(
                    value.map(Comparable.init) == Comparable(expected[0]),
                    "\(text.debugDescription)")
            } else {
                #expect(value == nil, "\(text.debugDescription)")
            }
        }
    }

    /// A value in which not-a-number equals itself.
    private struct Comparable: Equatable {
        let value: JSONValue
        init(_ value: JSONValue) { self.value = value }
        static func == (a: Comparable, b: Comparable) -> Bool {
            switch (a.value, b.value) {
            case (.number(let a), .number(let b)): a == b || a.isNaN && b.isNaN
            case (.number(let a), .integer(let b)), (.integer(let b), .number(let a)):
                a == Double(b)
            case (.array(let a), .array(let b)):
                a.map(Comparable.init) == b.map(Comparable.init)
            case (.object(let a), .object(let b)):
                a.mapValues(Comparable.init) == b.mapValues(Comparable.init)
            default: a.value == b.value
            }
        }
    }

    @Test("The dump of a configuration in YAML is that in JSON")
    func dumps() throws {
        for name in ["one", "nested"] {
            let json = try TrainingConfiguration(file: Fixture.path("configurations/\(name).json"))
            let yaml = try TrainingConfiguration(file: Fixture.path("configurations/\(name).yaml"))
            #expect(json == yaml)
        }
        let (folder, text) = (
            try TemporaryFolder(),
            String(decoding: try Fixture.bytes("configurations/one.yaml"), as: UTF8.self)
        )
        let short = try folder.write("short.yml", text)
        #expect(
            try TrainingConfiguration(file: short)
                == TrainingConfiguration(file: Fixture.path("configurations/one.json")))
    }

    @Test("What isn't YAML is told with its line")
    func line() throws {
        #expect(refusal("a: 1\nb: [1, 2\nc: 3\n")?.line == 3)
        #expect(refusal("a: 1\nb: !!int x\n")?.line == 2)
        #expect(refusal("a: 1\n\nb: *none\n")?.reason == "the alias *none has no anchor before it")
        #expect(refusal("a: 1\nb: 2\na: 3\n")?.reason == "a key comes twice: a")
        #expect(refusal("? [1, 2]\n: 3\n")?.line == 1)
        #expect(throws: YAMLError.self) { try JSONValue(parsingYAML: [0x61, 0x3A, 0x20, 0xFF]) }
        let folder = try TemporaryFolder()
        let file = try folder.write("bad.yaml", "dataset: [1\n")
        let error = #expect(throws: ConfigurationError.self) {
            try TrainingConfiguration(file: file)
        }
        #expect(
            error?.reason.contains("bad.yaml is no YAML configuration: not valid YAML in line")
                == true)
    }

    @Test("Aliases that stand for ever more copies are refused, at once", .timeLimit(.minutes(1)))
    func bombs() {
        func bomb(_ first: String, _ line: (Int) -> String) -> String {
            ([first] + (1..<60).map(line)).joined(separator: "\n")
        }
        let values = bomb("a0: &a0 [x, x, x]") {
            "a\($0): &a\($0) [*a\($0 - 1), *a\($0 - 1), *a\($0 - 1)]"
        }
        #expect(refusal(values)?.reason.contains("more than 1000000 values") == true)
        let keys = values + "\n? *a59\n: 1\n"
        #expect(refusal(keys) != nil)
        let merged = bomb("a0: &a0 {x: 1}") { "a\($0): &a\($0) {l: *a\($0 - 1), r: *a\($0 - 1)}" }
        #expect(refusal(merged)?.reason.contains("more than 1000000 values") == true)
        let chain = "- &a0 [x]\n" + (1..<5000).map { "- &a\($0) [*a\($0 - 1)]\n" }.joined()
        #expect(refusal(chain)?.reason.contains("nested more than 900 deep") == true)
        let nested = String(repeating: "[", count: 100_000)
        #expect(refusal(nested) != nil)
        #expect(refusal(String(repeating: "- ", count: 100_000)) != nil)
        #expect(refusal(String(repeating: "{a: ", count: 100_000)) != nil)
        #expect(refusal(String(repeating: "? ", count: 100_000)) != nil)
    }

    @Test("Aliases in numbers that people write are fine")
    func sharing() throws {
        let text =
            "t: &t {CFG: x}\nd: &d {p: *t, q: *t}\nl:\n"
            + String(repeating: "- *d\n", count: 200)
        guard case .object(let top) = try parse(text), case .array(let list)? = top["l"] else {
            Issue.record("no list")
            return
        }
        #expect(list.count == 200)
        #expect(list.allSatisfy { $0 == top["d"] })
    }
    #else
    @Test("Without the trait, a file in YAML is an error that names it")
    func off() throws {
        for name in ["c.yaml", "c.yml"] {
            let folder = try TemporaryFolder()
            let file = try folder.write(name, "dataset: {}\n")
            let error = #expect(throws: ConfigurationError.self) {
                try TrainingConfiguration(file: file)
            }
            #expect(error?.reason.contains("enable the trait \"YAML\"") == true)
        }
    }
    #endif
}
