/// The tokens of a model: bytes by id, and ids by bytes.
///
/// All bytes lie in one array, and an open-addressed table of ids finds them: a vocabulary of
/// 150,000 tokens takes 4 MB and has no object per token.
struct Vocabulary: Sendable {
    /// Tables and words keep ids in 21 bits.
    static let maximumID = (1 << 21) - 1

    private var bytes: [UInt8] = []
    /// Where each id's bytes begin and how many there are; no token has `absent`.
    private var places: [(start: UInt32, count: UInt32)] = []
    /// Ids + 1 by hash; 0 is free.
    private var table: [UInt32] = []
    /// Tokens that aren't written in the alphabet of bytes, as text.
    private var texts: [[UInt8]: UInt32] = [:]
    /// How many tokens there are.
    private(set) var count = 0

    private static let absent = UInt32.max

    /// Makes an empty vocabulary for about so many tokens.
    init(capacity: Int) {
        resize(to: max(capacity, 8))
        places.reserveCapacity(capacity)
        bytes.reserveCapacity(capacity * 7)
    }

    /// The first id that is above all in use.
    var endID: Int { places.count }

    private mutating func resize(to capacity: Int) {
        var size = 16
        while size < capacity * 2 { size *= 2 }
        table = Array(repeating: 0, count: size)
        for id in places.indices where places[id].count != Self.absent && !isText(UInt32(id)) {
            insert(UInt32(id))
        }
    }

    private func isText(_ id: UInt32) -> Bool {
        !texts.isEmpty && texts[Array(self[id] ?? [])] == id
    }

    private mutating func insert(_ id: UInt32) {
        let place = places[Int(id)]
        let start = Int(place.start)
        var slot = Self.hash(bytes[start..<start + Int(place.count)]) & (table.count - 1)
        while table[slot] != 0 { slot = (slot + 1) & (table.count - 1) }
        table[slot] = id + 1
    }

    private static func hash(_ bytes: ArraySlice<UInt8>) -> Int {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325
            for position in 0..<buffer.count {
                hash = (hash ^ UInt64(unsafe buffer[position])) &* 0x0000_0100_0000_01B3
            }
            return Int(truncatingIfNeeded: (hash ^ hash >> 29) & 0x7FFF_FFFF)
        }
    }

    /// Adds a token.
    /// - Parameter isText: Whether the bytes are text that isn't written in the alphabet.
    /// - Returns: `false` if the id or the token is there already, or the id is too large.
    mutating func add(_ token: some Collection<UInt8>, id: Int, isText: Bool = false) -> Bool {
        guard id >= 0, id <= Self.maximumID, bytes.count + token.count < Int(UInt32.max) else {
            return false
        }
        while places.count <= id { places.append((0, Self.absent)) }
        guard places[id].count == Self.absent else { return false }
        let start = bytes.count
        bytes.append(contentsOf: token)
        if isText {
            guard texts.updateValue(UInt32(id), forKey: Array(token)) == nil else { return false }
            places[id] = (UInt32(start), UInt32(token.count))
        } else {
            guard self.id(of: bytes[start...]) == nil else { return false }
            places[id] = (UInt32(start), UInt32(token.count))
            if (count + 1) * 2 > table.count { resize(to: count * 2) } else { insert(UInt32(id)) }
        }
        count += 1
        return true
    }

    /// The id of a token, by its bytes.
    func id(of token: ArraySlice<UInt8>) -> UInt32? {
        var slot = Self.hash(token) & (table.count - 1)
        while table[slot] != 0 {
            let place = places[Int(table[slot] - 1)]
            let start = Int(place.start)
            if Int(place.count) == token.count,
                bytes[start..<start + token.count].elementsEqual(token)
            {
                return table[slot] - 1
            }
            slot = (slot + 1) & (table.count - 1)
        }
        return nil
    }

    func id(of token: [UInt8]) -> UInt32? { id(of: token[...]) }

    /// The id of a token as files write it.
    func id(ofSpelled token: some Collection<UInt8>) -> UInt32? {
        var decoded: [UInt8] = []
        if ByteAlphabet.decode(token, into: &decoded) { return id(of: decoded[...]) }
        return texts.isEmpty ? nil : texts[Array(token)]
    }

    /// The bytes of a token.
    subscript(id: UInt32) -> ArraySlice<UInt8>? {
        guard id < places.count, places[Int(id)].count != Self.absent else { return nil }
        let place = places[Int(id)]
        return bytes[Int(place.start)..<Int(place.start + place.count)]
    }

    /// A token as files write it.
    func spelled(_ id: UInt32) -> String? {
        guard let bytes = self[id] else { return nil }
        return isText(id) ? String(decoding: bytes, as: UTF8.self) : ByteAlphabet.spell(bytes)
    }
}
