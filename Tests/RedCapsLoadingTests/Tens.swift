import RedCapsLoading

/// Ten times the positions; of some batches only the first so many.
struct Tens: BatchCursor {
    let count: Int
    let shorter: [Int: Int]

    func indices(at positions: BatchPositions) throws(LoaderError) -> [Int] {
        if let last = positions.last, last >= count {
            throw LoaderError("position \(last) of \(count)")
        }
        return positions.prefix(shorter[positions.start] ?? .max).map { $0 * 10 }
    }
}
