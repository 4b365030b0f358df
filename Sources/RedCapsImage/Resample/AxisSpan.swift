/// A stretch of one axis of an image that is shrunk while it is decoded.
struct AxisSpan {
    /// The first pixel of the shrunk image that it touches.
    let start: Int
    /// How many it touches.
    let count: Int
    /// Where in these it begins and ends, if not with them.
    let box: Range<Double>?

    /// - Parameters:
    ///   - start: The first pixel of the image as it is.
    ///   - count: How many there are.
    init(_ start: Int, _ count: Int, shrunkBy shrink: Int) {
        self.start = start / shrink
        self.count = (start + count + shrink - 1) / shrink - self.start
        if start % shrink == 0, count % shrink == 0 {
            box = nil
        } else {
            let from = Double(start) / Double(shrink) - Double(self.start)
            box = from..<(from + Double(count) / Double(shrink))
        }
    }

    private init(start: Int, count: Int, box: Range<Double>?) {
        (self.start, self.count, self.box) = (start, count, box)
    }

    /// What is resampled of the shrunk image.
    var extent: ImageResampler.Extent { .init(count: count, box: box) }

    /// The same, counted from the other end.
    var reversed: AxisSpan {
        AxisSpan(
            start: start, count: count,
            box: box.map { (Double(count) - $0.upperBound)..<(Double(count) - $0.lowerBound) })
    }
}
