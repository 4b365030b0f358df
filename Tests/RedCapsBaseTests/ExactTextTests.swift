import RedCapsBase
import Testing

@Suite("Texts as bytes")
struct ExactTextTests {
    /// The same word for Unicode, in other bytes.
    private static let spellings = ["m\u{1ED9}t", "mo\u{323}\u{302}t", "m\u{F4}\u{323}t"]

    @Test("Spellings that Unicode calls equivalent are different, and sort by their bytes")
    func spellings() {
        let texts = Self.spellings.map { ExactText($0) }
        #expect(Self.spellings[0] == Self.spellings[1])
        #expect(texts[0] != texts[1])
        #expect(Set(texts + texts).count == 3)
        #expect(texts.sorted().map(\.text.utf8.count) == [7, 6, 5])
        #expect(texts.sorted()[0] == texts[1])
        #expect("\(texts[2])".isExactly(Self.spellings[2]))
        // An ohm sign and an omega, a kelvin sign and a K.
        #expect(ExactText("\u{2126}") != "\u{3A9}")
        #expect(ExactText("\u{212A}") != "K")
    }

    @Test("JSON keeps keys apart that differ in bytes, and compares texts by them")
    func json() throws {
        let text =
            "{\"\u{E9}\": 1, \"e\u{301}\": 2, \"\u{E9}\": 3, "
            + "\"\u{212A}\": {\"K\": [\"\u{E9}\"]}}"
        guard case .object(let object) = try JSONValue(parsing: Array(text.utf8)) else {
            return #expect(Bool(false))
        }
        #expect(object.count == 3)
        #expect(object["\u{E9}"] == .integer(3))
        #expect(object["e\u{301}"] == .integer(2))
        #expect(object["K"] == nil)
        #expect(object["\u{212A}"] == .object(["K": .array([.string("\u{E9}")])]))
        #expect(object["\u{212A}"] != .object(["K": .array([.string("e\u{301}")])]))
        #expect(JSONValue.string("\u{E9}") != .string("e\u{301}"))
        #expect(JSONValue.number(1) != .integer(1))
    }

    @Test("A slash, a dot or an equals sign with an accent on it is still one")
    func accents() {
        let path = "a/\u{338}b/.\u{301}c"
        #expect(path.split(separator: "/").count == 2)
        #expect(path.pieces(at: "/").map { $0.utf8.count } == [1, 3, 4])
        #expect("//a/".pieces(at: "/", keepingEmpty: true).map(String.init) == ["", "", "a", ""])
        #expect(FilePath.name(of: "x/\u{338}y").isExactly("\u{338}y"))
        #expect(FilePath.isAbsolute("/\u{338}x"))
        #expect(FilePath.joined("data", "/\u{338}x").isExactly("/\u{338}x"))
        #expect(FilePath.joined("data/", "x") == "data/x")
        #expect(FilePath.withoutSlashes("a\u{301}//").isExactly("a\u{301}"))
        #expect(FilePath.withoutSlashes("//") == "/")
        #expect(".\u{301}x".beginsExactly(with: "."))
        #expect("x\u{600}.tar".endsExactly(with: ".tar"))
        #expect(!"tar".endsExactly(with: ".tar"))
    }

    @Test("A name that begins with a dot is hidden, and so is all in a folder of such a name")
    func hidden() {
        for path in ["._x.jpg", "a/.x", ".cache/x.jpg", "a/.\u{301}b/c", "./.x"] {
            #expect(HiddenName.isHidden(path: path.utf8), "\(path)")
        }
        for path in ["x.jpg", "./x", "../x/y.", "a/./b", "", "a//b"] {
            #expect(!HiddenName.isHidden(path: path.utf8), "\(path)")
        }
    }
}
