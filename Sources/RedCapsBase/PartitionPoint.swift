/// Halving: the first of some places from which on something holds.
package enum PartitionPoint {
    /// The first of `range` that is `beyond`, if they all are from some place on; else its end.
    package static func find<Place: BinaryInteger, Failure: Error>(
        in range: Range<Place>, _ beyond: (Place) throws(Failure) -> Bool
    ) throws(Failure) -> Place {
        var (low, high) = (range.lowerBound, range.upperBound)
        while low < high {
            let middle = low + (high - low) / 2
            if try beyond(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

extension RandomAccessCollection where Index == Int {
    /// The first place whose element is `beyond`, of elements that are so from some place on; else
    /// the end.
    package func partitionPoint(_ beyond: (Element) -> Bool) -> Int {
        PartitionPoint.find(in: startIndex..<endIndex) { beyond(self[$0]) }
    }
}
