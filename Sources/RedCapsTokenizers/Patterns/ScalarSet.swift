/// A set of scalars, as sorted ranges that don't touch.
struct ScalarSet: Sendable, Equatable {
    private(set) var ranges: [ClosedRange<UInt32>]
    /// The ASCII members, a bit each.
    private var ascii: (UInt64, UInt64)

    static let all = ScalarSet([0...0x10FFFF])

    init(_ ranges: [ClosedRange<UInt32>]) {
        var merged: [ClosedRange<UInt32>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, range.lowerBound <= last.upperBound + 1 {
                merged[merged.count - 1] =
                    last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        self.ranges = merged
        ascii = (0, 0)
        for range in merged where range.lowerBound < 0x80 {
            for scalar in range.lowerBound...min(range.upperBound, 0x7F) {
                if scalar < 64 { ascii.0 |= 1 << scalar } else { ascii.1 |= 1 << (scalar - 64) }
            }
        }
    }

    /// All scalars of some categories.
    init(_ categories: CategorySet) {
        self.init(
            Self.members.enumerated().flatMap { number, ranges in
                categories.rawValue >> UInt32(number) & 1 != 0 ? ranges : []
            })
    }

    /// The scalars of each category.
    private static let members: [[ClosedRange<UInt32>]] = {
        func category(of scalar: UInt32) -> Int {
            Int(ScalarTable.shared[scalar].rawValue & 31)
        }
        var members = [[ClosedRange<UInt32>]](repeating: [], count: 32)
        var start: UInt32 = 0
        for scalar in 1...0x10FFFF as ClosedRange<UInt32>
        where category(of: scalar) != category(of: start) {
            members[category(of: start)].append(start...(scalar - 1))
            start = scalar
        }
        members[category(of: start)].append(start...0x10FFFF)
        return members
    }()

    static func == (left: ScalarSet, right: ScalarSet) -> Bool { left.ranges == right.ranges }

    var inverted: ScalarSet {
        var gaps: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges {
            if range.lowerBound > next { gaps.append(next...(range.lowerBound - 1)) }
            next = range.upperBound + 1
        }
        if next <= 0x10FFFF { gaps.append(next...0x10FFFF) }
        return ScalarSet(gaps)
    }

    func union(_ other: ScalarSet) -> ScalarSet { ScalarSet(ranges + other.ranges) }

    func intersection(_ other: ScalarSet) -> ScalarSet {
        inverted.union(other.inverted).inverted
    }

    /// What matches when case doesn't count, for sets of ASCII; `nil` for others.
    var caseFolded: ScalarSet? {
        guard ranges.last.map({ $0.upperBound < 0x80 }) ?? true else { return nil }
        var folded = ranges
        for range in ranges {
            for scalar in range {
                switch scalar {
                case 0x41...0x5A: folded.append(scalar + 32...scalar + 32)
                case 0x61...0x7A: folded.append(scalar - 32...scalar - 32)
                default: continue
                }
                // The long s and the kelvin sign fold to letters of ASCII.
                if scalar | 0x20 == 0x73 { folded.append(0x17F...0x17F) }
                if scalar | 0x20 == 0x6B { folded.append(0x212A...0x212A) }
            }
        }
        return ScalarSet(folded)
    }

    func contains(_ scalar: UInt32) -> Bool {
        if scalar < 0x80 {
            return (scalar < 64 ? ascii.0 &>> UInt64(scalar) : ascii.1 &>> UInt64(scalar &- 64)) & 1
                != 0
        }
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < scalar { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].lowerBound <= scalar
    }
}
