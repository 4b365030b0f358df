/// Axes that were planned before. Data sets of one size need one, others a few hundred.
struct ResampleAxes {
    private struct Key: Hashable {
        let from: Int
        let box: Range<Double>?
        let to: Int
        let filter: ResampleFilter
    }

    private static let limit = 256
    private let kernels: Kernels
    /// Those of late, and those before; what is used again moves up.
    private var planned: [Key: ResampleAxis] = [:]
    private var older: [Key: ResampleAxis] = [:]

    init(_ kernels: Kernels) { self.kernels = kernels }

    mutating func axis(
        from: Int, box: Range<Double>? = nil, to: Int, _ filter: ResampleFilter
    ) -> ResampleAxis {
        let key = Key(from: from, box: box, to: to, filter: filter)
        if let axis = planned[key] { return axis }
        if planned.count >= Self.limit {
            swap(&planned, &older)
            planned.removeAll(keepingCapacity: true)
        }
        let axis = older[key] ?? ResampleAxis(from: from, box: box, to: to, filter, kernels)
        planned[key] = axis
        return axis
    }
}
