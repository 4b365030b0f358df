import RedCapsBase
import TestSupport
import Testing

@Suite("JSON as Python reads it")
struct JSONTests {
    /// A document, and what Python sees in it.
    private struct Row: Decodable {
        enum Seen: Equatable {
            case refused
            case caption(String)
            case noCaption
            case noObject
        }

        let document: [UInt8]
        let seen: Seen

        init(from decoder: any Decoder) throws {
            var values = try decoder.unkeyedContainer()
            document = Array(hex: try values.decode(String.self))
            if try values.decodeNil() {
                seen = .refused
            } else if let flag = try? values.decode(Bool.self) {
                seen = flag ? .noObject : .noCaption
            } else {
                seen = .caption(try values.decode(String.self))
            }
        }
    }

    private func look(_ document: [UInt8]) -> Row.Seen {
        guard let value = try? JSONValue(parsing: document) else { return .refused }
        guard case .object(let object) = value else { return .noObject }
        guard case .string(let caption) = object["caption"] else { return .noCaption }
        return .caption(caption)
    }

    @Test("Every document is accepted or refused as by json.load, with the same caption")
    func golden() throws {
        let rows: [Row] = try Fixture.decode(from: "json.json")
        #expect(rows.count == 747)
        for row in rows {
            let seen = look(row.document)
            let text = String(decoding: row.document.prefix(80), as: UTF8.self)
            #expect(seen == row.seen, "\(text)")
            if case (.caption(let ours), .caption(let theirs)) = (seen, row.seen) {
                #expect(ours.unicodeScalars.elementsEqual(theirs.unicodeScalars), "\(text)")
            }
        }
    }

    @Test("Deep nesting is refused, not followed until the stack ends")
    func deep() {
        for opening in ["[", "{\"a\":"] {
            let document = Array(String(repeating: opening, count: 100_000).utf8)
            let error = #expect(throws: JSONError.self) { try JSONValue(parsing: document) }
            #expect(error?.reason == "nested more than 900 deep")
        }
    }

    @Test("An error tells the byte")
    func place() {
        let error = #expect(throws: JSONError.self) {
            try JSONValue(parsing: Array(#"{"caption": "x",}"#.utf8))
        }
        #expect(error?.byteOffset == 16)
        #expect("\(error.map { "\($0)" } ?? "")" == "not valid JSON at byte 16: expected a string")
    }

    @Test("Numbers keep their kind")
    func numbers() throws {
        #expect(
            try JSONValue(parsing: Array("[1, -0, 1.0, 1e999, 92233720368547758080]".utf8))
                == .array([
                    .integer(1), .integer(0), .number(1), .number(.infinity),
                    .number(92_233_720_368_547_758_080),
                ]))
    }
}
