// The tokenizer behind C functions, so that Python can time it in one process with others.
import RedCapsTokenizers

private final class Tokenization {
    let tokenizer: ModelTokenizer
    let texts: [String]
    var ids: [[Int]] = []

    init(_ tokenizer: ModelTokenizer, _ texts: [String]) {
        self.tokenizer = tokenizer
        self.texts = texts
    }
}

private func seconds(_ body: () throws -> Void) -> Double {
    let clock = ContinuousClock()
    let start = clock.now
    guard (try? body()) != nil else { return -1 }
    return (clock.now - start) / .seconds(1)
}

/// Loads a tokenizer, and takes a copy of texts that lie one after the other in UTF-8.
/// - Parameter loading: Gets the seconds that loading took.
@_cdecl("redcaps_tokenizer_open")
public func openTokenizer(
    _ path: UnsafePointer<CChar>, _ bytes: UnsafePointer<UInt8>, _ lengths: UnsafePointer<Int>,
    _ count: Int, _ loading: UnsafeMutablePointer<Double>
) -> UnsafeMutableRawPointer? {
    var texts: [String] = []
    var start = 0
    for length in UnsafeBufferPointer(start: lengths, count: count) {
        texts.append(
            String(
                decoding: UnsafeBufferPointer(start: bytes + start, count: length), as: UTF8.self))
        start += length
    }
    var tokenizer: ModelTokenizer?
    loading.pointee = seconds {
        tokenizer = try ModelTokenizer(path: String(cString: path))
    }
    return tokenizer.map { Unmanaged.passRetained(Tokenization($0, texts)).toOpaque() }
}

/// Encodes all texts on so many threads; with 0 by `encode`, one after the other. Returns seconds, or -1.
@_cdecl("redcaps_tokenizer_encode")
public func encode(_ subject: UnsafeMutableRawPointer, _ threads: Int) -> Double {
    let subject = Unmanaged<Tokenization>.fromOpaque(subject).takeUnretainedValue()
    return seconds {
        if threads > 0 {
            subject.ids = try subject.tokenizer.encodeBatch(subject.texts, threads: threads)
        } else {
            subject.ids = try subject.texts.map { try subject.tokenizer.encode($0) }
        }
    }
}

/// How many ids a text has. With a place for them they are copied there.
@_cdecl("redcaps_tokenizer_ids")
public func ids(
    _ subject: UnsafeMutableRawPointer, _ text: Int, _ out: UnsafeMutablePointer<Int>?
) -> Int {
    let subject = Unmanaged<Tokenization>.fromOpaque(subject).takeUnretainedValue()
    if let out {
        for (position, id) in subject.ids[text].enumerated() { out[position] = id }
    }
    return subject.ids[text].count
}

/// Forgets tokenizer and texts.
@_cdecl("redcaps_tokenizer_close")
public func closeTokenizer(_ subject: UnsafeMutableRawPointer) {
    Unmanaged<Tokenization>.fromOpaque(subject).release()
}
