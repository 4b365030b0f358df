import FuzzSupport
import RedCapsCore

/// The input is a number of two bytes and a list of samples. A number below 256 is how many bytes
/// of the list are read with the first megabyte: blanks are put before it, which takes its time.
///
/// The list is read as a stream and at once, which must come to the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard count >= 2 else { return 0 }
    let input = UnsafeBufferPointer(start: start, count: count)
    let share = Int(input[0]) | Int(input[1]) << 8
    let list = Array(input[2...])
    let blanks = share < 256 && share < list.count ? (1 << 20) - share : 0
    scratch.write("list.json", repeatElement(UInt8(ascii: " "), count: blanks) + list)

    let expected = Result { try rows(list) }
    let found = Result { try Manifest(path: scratch["list.json"]) }
    switch (expected, found) {
    case (.success(let rows), .success(let manifest)):
        check(rows.count == manifest.count, "\(manifest.count) rows instead of \(rows.count)")
        for (number, row) in rows.enumerated() {
            check(
                same(manifest.image(number), row.image)
                    && same(manifest.annotation(number), row.annotation),
                "row \(number) is \(manifest.image(number)), \(manifest.annotation(number))")
        }
    case (.failure(let expected), .failure(let found)):
        guard let expected = expected as? Refusal, let found = found as? ManifestError else {
            check(false, "\(found) instead of \(expected)")
            return 0
        }
        let place = "not valid JSON at byte \(expected.byteOffset + blanks): "
        check(found.reason.hasPrefix(place), "\(found) instead of \(expected), after \(blanks)")
    case (.success, .failure(let error)): check(false, "refused: \(error)")
    case (.failure(let error), .success): check(false, "accepted, in spite of \(error)")
    }
    return 0
}

/// Writes the first inputs. libFuzzer calls it once, before all else.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
    _ count: UnsafeMutablePointer<CInt>?,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>?
) -> CInt {
    plant(
        lists.enumerated().flatMap { number, list in
            let bytes = Array(list.utf8)
            let whole = [[0xFF, 0xFF] + bytes]
            return number > 1 ? whole : whole + [[UInt8(bytes.count / 2), 0] + bytes]
        })
    return 0
}

private let scratch = Scratch()

private let lists = [
    #"[{"image": "0/a.jpg", "annotation": "0/a.json"}, {"annotation": "b", "image": "c"}]"#,
    #"[{"image": "\u00fc\ud83d\ude00\ud83d\/", "annotation": "東", "x": [1, {"image": "y"}]}]"#,
    #"[{"image": 1}, {"image": "a", "image": "b"}, {}, [], 5, null, "x", -1.5e+3, NaN]"#,
    " [ ] ", "[[[[]]], {\"a\": {\"b\": [{}]}}]", #"[{"image": "a"]"#, #"[{"im\u0061ge": "a"}"#,
    #"{"image": "a"}"#, "[true, false, Infinity, -Infinity]\n", "[\"\\\\\\\"\\b\\f\\n\\r\\t\"]",
]

/// That a list isn't one, and where this shows.
private struct Refusal: Error {
    let byteOffset: Int
}

private func rows(_ list: [UInt8]) throws -> [(image: String, annotation: String)] {
    guard let first = list.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }),
        first == UInt8(ascii: "[")
    else {
        let place = list.firstIndex { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } ?? list.count
        throw Refusal(byteOffset: place)
    }
    let value: JSONValue
    do {
        value = try JSONValue(parsing: list)
    } catch {
        throw Refusal(byteOffset: error.byteOffset)
    }
    guard case .array(let entries) = value else { return [] }
    return entries.map { entry in
        guard case .object(let object) = entry else { return ("", "") }
        func text(_ key: String) -> String {
            if case .string(let text)? = object[key] { text } else { "" }
        }
        return (text("image"), text("annotation"))
    }
}

private func same(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }
