import RedCapsBase
import Foundation
import RedCapsTar
import TestSupport
import Testing

@Suite("What extraction refuses")
struct ExtractionRefusalTests {
    /// A link or a device, as no program here would pack it.
    private func member(
        _ name: String, _ type: Character, to target: String = "", _ text: String = ""
    ) -> [UInt8] {
        var header = tarHeader(name, size: text.utf8.count, type: type)
        for (index, byte) in target.utf8.enumerated() { header[157 + index] = byte }
        header.replaceSubrange(148..<156, with: "        ".utf8)
        let digits = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
        let sum = String(repeating: "0", count: 6 - digits.count) + digits + "\0 "
        header.replaceSubrange(148..<156, with: sum.utf8)
        return header + tarBody(text)
    }

    private func file(_ name: String, _ text: String = "bytes") -> [UInt8] {
        member(name, "0", text)
    }

    /// Unpacks members between two good ones.
    private func refusals(
        _ bytes: [UInt8]..., isCaseSensitive: Bool = false
    ) throws -> (refused: [String], tree: [String]) {
        let set = try ExtractionSet()
        try set.folder.write(
            "raw/0.tar",
            file("ok/first.jpg") + bytes.flatMap { $0 } + file("ok/last.jpg") + tarEnd)
        let report = try set.extract(isCaseSensitive: isCaseSensitive)
        let outside = try set.folder.names("out").filter { !$0.hasPrefix("tree") }
        #expect(outside.isEmpty)
        #expect(try set.folder.names() == ["out", "raw"])
        let tree = try Tree(set.out).rows.keys.sorted()
        #expect(tree.contains("ok/first.jpg") && tree.contains("ok/last.jpg"))
        for refusal in report.refused {
            #expect(refusal.code == .refused)
            #expect(refusal.file == "\(set.raw)/0.tar")
        }
        #expect(
            try set.extract(isCaseSensitive: isCaseSensitive).refused == report.refused,
            "told again")
        return (
            report.refused.map { "\($0.member ?? ""): \($0.reason)" },
            tree.filter { !$0.hasPrefix("ok") }
        )
    }

    @Test(
        "Paths that lead out, or that no name may have",
        arguments: [
            ("/abs.jpg", "an absolute path"), ("../up.jpg", "leads out"),
            ("a/../../up.jpg", "leads out"), ("a/..", "leads out"), ("line\nfeed", "line feed"),
        ])
    func paths(name: String, words: String) throws {
        let (refused, tree) = try refusals(file(name))
        #expect(refused.count == 1)
        #expect(refused.first?.hasPrefix(name + ": ") == true)
        #expect(refused.first?.contains(words) == true, "\(refused)")
        #expect(tree.isEmpty)
    }

    @Test("A name with a NUL")
    func nul() throws {
        let (refused, tree) = try refusals(paxHeader("path", "a\0b.jpg") + file("x"))
        #expect(refused.count <= 1)
        #expect(tree.allSatisfy { $0 == "a" } || refused.count == 1, "\(tree) \(refused)")
    }

    @Test("Devices and pipes")
    func devices() throws {
        let (refused, tree) = try refusals(
            member("null", "3"), member("disk", "4"), member("pipe", "6"))
        #expect(refused.count == 3)
        #expect(refused.allSatisfy { $0.contains("a device, a pipe or a socket") })
        #expect(tree.isEmpty)
    }

    @Test("Links that lead out")
    func links() throws {
        let (refused, tree) = try refusals(
            member("abs", "2", to: "/etc/passwd"), member("up", "2", to: "../x"),
            member("d/e", "2", to: "../../x"), member("d/f", "2", to: "a/../../x"),
            member("d/in", "2", to: "../ok/first.jpg"), member("hard", "1", to: "../../etc/passwd"),
            member("absolute", "1", to: "/etc/passwd"), member("gone", "1", to: "none.jpg"))
        #expect(
            refused.map { String($0.prefix { $0 != ":" }) }
                == ["abs", "up", "d/e", "d/f", "hard", "absolute", "gone"])
        #expect(tree == ["d", "d/in"])
    }

    @Test("Files behind a link are not written through it")
    func throughLink() throws {
        let (refused, tree) = try refusals(
            member("way", "2", to: "ok"), file("way/through.jpg"))
        #expect(refused.count == 1)
        #expect(refused.first?.contains("no folder") == true)
        #expect(tree == ["way"])
    }

    @Test("Names that differ in case or Unicode form only, unless they are wanted")
    func collisions() throws {
        let members = [
            file("a/X.jpg", "upper"), file("a/x.jpg", "lower"), file("A/y.jpg"),
            file("u/\u{E9}.jpg"), file("u/e\u{301}.jpg"), file("u/\u{C9}.jpg"),
        ].flatMap { $0 }
        let (refused, tree) = try refusals(members)
        #expect(refused.count == 4)
        #expect(refused.allSatisfy { $0.contains("case or Unicode form") })
        #expect(tree == ["a", "a/X.jpg", "u", "u/\u{E9}.jpg"])
        let (none, all) = try refusals(members, isCaseSensitive: true)
        #expect(none.isEmpty)
        // Of nine paths, two are the same text to Swift.
        #expect(all.count == 8)
    }

    @Test("A file where a folder must be, and a folder where a file must be")
    func kinds() throws {
        let (refused, tree) = try refusals(
            file("a"), file("a/b.jpg"), file("d/x.jpg"), file("d"), file("e"), member("e", "5"))
        #expect(refused.map { String($0.prefix { $0 != ":" }) } == ["a/b.jpg", "d", "e"])
        #expect(tree == ["a", "d", "d/x.jpg", "e"])
    }

    @Test("The same between shards, and with what lies there already")
    func betweenShards() throws {
        let set = try ExtractionSet()
        try set.folder.write("raw/0.tar", tarBytes(["a": "file", "b/x.jpg": "x", "c/Y.jpg": "Y"]))
        try set.folder.write(
            "raw/1.tar", tarBytes(["a/y.jpg": "y", "b": "file", "c/y.jpg": "y", "ok.jpg": "ok"]))
        let report = try set.extract()
        #expect(report.refused.map(\.member) == ["a", "b", "c/y.jpg"])
        #expect(report.refused.allSatisfy { $0.file == "\(set.raw)/1.tar" })
        #expect(
            try Tree(set.out).rows.keys.sorted() == ["a", "b", "b/x.jpg", "c", "c/Y.jpg", "ok.jpg"])
    }

    @Test("Modes are safe, and the owner is the caller")
    func modes() throws {
        let set = try ExtractionSet()
        var header = tarHeader("run.sh", size: 0)
        header.replaceSubrange(100..<107, with: "0006777".utf8)
        header.replaceSubrange(108..<115, with: "0001750".utf8)
        header.replaceSubrange(148..<156, with: "        ".utf8)
        let digits = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
        header.replaceSubrange(148..<156, with: "00\(digits)\0 ".utf8.suffix(8))
        try set.folder.write("raw/0.tar", header + tarEnd)
        try set.extract()
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(set.out)/run.sh")
        #expect(attributes[.posixPermissions] as? Int == 0o755)
        #expect(attributes[.ownerAccountID] as? UInt32 == geteuid())
    }

    @Test("A folder without shards, and a destination that can't be")
    func nothing() throws {
        let set = try ExtractionSet()
        #expect(throws: StoreError.self) { try set.extract() }
        try set.folder.write("raw/0.tar", tarBytes(["a": "b"]))
        try set.folder.write("out/tree", "a file")
        #expect(throws: StoreError.self) { try set.extract() }
        #expect(try set.folder.bytes("out/tree") == Array("a file".utf8))
    }
}
