/// Matsumoto and Nishimura's MT19937, which CPython's `random` and torch's generator draw from.
struct MersenneTwister: Sendable {
    private static let size = 624
    private static let middle = 397

    private var state: [UInt32]
    private var place = size
    private var refills = 0
    /// How many words have been drawn or passed over.
    var count: Int { (refills - 1) * Self.size + place }

    /// Their `init_genrand`: starts from one word.
    init(word: UInt32) {
        var state = [word]
        state.reserveCapacity(Self.size)
        var last = word
        for i in 1..<UInt32(Self.size) {
            last = 1_812_433_253 &* (last ^ last >> 30) &+ i
            state.append(last)
        }
        self.state = state
    }

    /// Their `init_by_array`: starts from any number of words.
    init(key: [UInt32]) {
        self.init(word: 19_650_218)
        var i = 1
        func next() {
            i += 1
            guard i >= Self.size else { return }
            state[0] = state[Self.size - 1]
            i = 1
        }
        for round in 0..<max(Self.size, key.count) {
            let j = round % key.count
            let mixed = (state[i - 1] ^ state[i - 1] >> 30) &* 1_664_525
            state[i] = (state[i] ^ mixed) &+ key[j] &+ UInt32(j)
            next()
        }
        for _ in 1..<Self.size {
            let mixed = (state[i - 1] ^ state[i - 1] >> 30) &* 1_566_083_941
            state[i] = (state[i] ^ mixed) &- UInt32(i)
            next()
        }
        state[0] = 0x8000_0000
    }

    /// The next 32 bits.
    mutating func next() -> UInt32 {
        if place == Self.size { refill() }
        var y = state[place]
        place += 1
        y ^= y >> 11
        y ^= y << 7 & 0x9D2C_5680
        y ^= y << 15 & 0xEFC6_0000
        return y ^ y >> 18
    }

    /// Passes over as many words as would be drawn, about ten times as fast as drawing them.
    mutating func skip(_ count: Int) {
        var left = count
        while left > Self.size - place {
            left -= Self.size - place
            refill()
        }
        place += left
    }

    private mutating func refill() {
        func twist(_ i: Int, _ after: Int, _ far: Int) {
            let y = state[i] & 0x8000_0000 | state[after] & 0x7FFF_FFFF
            state[i] = state[far] ^ y >> 1 ^ (0 &- (y & 1)) & 0x9908_B0DF
        }
        let (size, middle) = (Self.size, Self.middle)
        for i in 0..<(size - middle) { twist(i, i + 1, i + middle) }
        for i in (size - middle)..<(size - 1) { twist(i, i + 1, i + middle - size) }
        twist(size - 1, 0, middle - 1)
        place = 0
        refills += 1
    }
}
