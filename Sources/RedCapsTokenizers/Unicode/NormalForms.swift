/// Unicode's normal forms, as far as `tokenizers` knows them.
struct NormalForms: Sendable {
    static let shared = NormalForms()

    /// Full canonical decompositions, but of Hangul.
    private let canonical: [UInt32: [UInt32]]
    /// Full compatible decompositions where they differ.
    let compatible: [UInt32: [UInt32]]
    private let combiningClasses: [UInt32: UInt8]
    /// Composed scalars by their parts, the first above the second.
    private let compositions: [UInt64: UInt32]
    /// Scalars that NFC may change, alone or after others.
    let sensitive: [UInt32]

    private init() {
        canonical = Self.decompositions(UnicodeTables.canonicalDecompositions)
        compatible = Self.decompositions(UnicodeTables.compatibleDecompositions)
        var classes: [UInt32: UInt8] = [:]
        var list = NumberList(UnicodeTables.combiningClasses)
        var end: UInt32 = 0
        while let distance = list.next(), let count = list.next(), let value = list.next() {
            for scalar in end + distance..<end + distance + count {
                classes[scalar] = UInt8(truncatingIfNeeded: value)
            }
            end += distance + count
        }
        combiningClasses = classes
        var compositions: [UInt64: UInt32] = [:]
        var sensitive = Set(classes.keys)
        sensitive.formUnion(Hangul.vowels)
        sensitive.formUnion(Hangul.finals)
        list = NumberList(UnicodeTables.compositions)
        while let first = list.next(), let second = list.next(), let whole = list.next() {
            compositions[Self.key(first, second)] = whole
            sensitive.insert(second)
        }
        self.compositions = compositions
        let composed = Set(compositions.values)
        for scalar in canonical.keys where !composed.contains(scalar) { sensitive.insert(scalar) }
        self.sensitive = Array(sensitive)
    }

    private static func decompositions(_ text: StaticString) -> [UInt32: [UInt32]] {
        var list = NumberList(text)
        var result: [UInt32: [UInt32]] = [:]
        var scalar: UInt32 = 0
        while let distance = list.next(), let count = list.next() {
            scalar += distance
            result[scalar] = (0..<count).compactMap { _ in list.next() }
        }
        return result
    }

    private static func key(_ first: UInt32, _ second: UInt32) -> UInt64 {
        UInt64(first) << 32 | UInt64(second)
    }

    /// A text in NFC, or in NFKC.
    func composed(_ text: ScalarText, compatible: Bool) -> [UInt8] {
        var scalars: [(value: UInt32, combiningClass: UInt8)] = []
        scalars.reserveCapacity(text.count)
        var position = 0
        while position < text.count {
            let (scalar, next) = text.scalar(at: position)
            decompose(scalar, compatible, into: &scalars)
            position = next
        }
        sortMarks(&scalars)
        return compose(scalars)
    }

    private func decompose(
        _ scalar: UInt32, _ compatible: Bool,
        into scalars: inout [(value: UInt32, combiningClass: UInt8)]
    ) {
        if scalar < 0xA0 { return scalars.append((scalar, 0)) }
        if let parts = Hangul.parts(of: scalar) {
            scalars += parts.map { ($0, 0) }
        } else if let parts = (compatible ? self.compatible[scalar] : nil) ?? canonical[scalar] {
            scalars += parts.map { ($0, combiningClasses[$0] ?? 0) }
        } else {
            scalars.append((scalar, combiningClasses[scalar] ?? 0))
        }
    }

    /// Sorts runs of marks by their class; those of one class stay as they are.
    private func sortMarks(_ scalars: inout [(value: UInt32, combiningClass: UInt8)]) {
        var start = 0
        while start < scalars.count {
            guard scalars[start].combiningClass != 0 else {
                start += 1
                continue
            }
            var end = start + 1
            while end < scalars.count, scalars[end].combiningClass != 0 { end += 1 }
            if end - start > 1 {
                // Stable because the position decides among equals.
                let run = scalars[start..<end].enumerated().sorted {
                    ($0.element.combiningClass, $0.offset) < ($1.element.combiningClass, $1.offset)
                }
                scalars.replaceSubrange(start..<end, with: run.map(\.element))
            }
            start = end
        }
    }

    private func compose(_ scalars: [(value: UInt32, combiningClass: UInt8)]) -> [UInt8] {
        var result: [UInt32] = []
        result.reserveCapacity(scalars.count)
        var starter: Int?
        var lastClass: UInt8?
        for (value, combiningClass) in scalars {
            if let starter, lastClass.map({ $0 < combiningClass }) ?? true,
                let whole = composition(result[starter], value)
            {
                result[starter] = whole
                continue
            }
            if combiningClass == 0 {
                starter = result.count
                lastClass = nil
            } else if starter != nil {
                lastClass = combiningClass
            }
            result.append(value)
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(result.count * 2)
        for scalar in result { bytes.append(scalar: scalar) }
        return bytes
    }

    private func composition(_ first: UInt32, _ second: UInt32) -> UInt32? {
        Hangul.composition(first, second) ?? compositions[Self.key(first, second)]
    }
}

/// Syllables of Hangul, which are composed by arithmetic.
private enum Hangul {
    static let firsts: ClosedRange<UInt32> = 0x1100...0x1112
    static let vowels: ClosedRange<UInt32> = 0x1161...0x1175
    static let finals: ClosedRange<UInt32> = 0x11A8...0x11C2
    static let syllables: ClosedRange<UInt32> = 0xAC00...0xD7A3

    static func parts(of scalar: UInt32) -> [UInt32]? {
        guard syllables.contains(scalar) else { return nil }
        let index = scalar - 0xAC00
        let final = index % 28
        let two = [0x1100 + index / 588, 0x1161 + index % 588 / 28]
        return final == 0 ? two : two + [0x11A7 + final]
    }

    static func composition(_ first: UInt32, _ second: UInt32) -> UInt32? {
        if firsts.contains(first), vowels.contains(second) {
            return 0xAC00 + ((first - 0x1100) * 21 + second - 0x1161) * 28
        }
        if syllables.contains(first), (first - 0xAC00) % 28 == 0, finals.contains(second) {
            return first + second - 0x11A7
        }
        return nil
    }
}
