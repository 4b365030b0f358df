/// Work on numbered pieces by several threads, whose results are taken in the order of the pieces
/// by the thread that asked.
package enum OrderedWork {
    private struct State<Product: Sendable> {
        var next = 0
        var taken = 0
        var products: [Int: Product] = [:]
        var running = 0
        var isStopped = false
    }

    /// Makes `count` products on threads, and consumes them one after the other.
    ///
    /// At most `lookAhead` products are made before they are asked for, so that memory is bounded.
    /// - Throws: What `consume` throws; then the threads have ended, too. `StoreError` if the
    ///   system has no thread left.
    package static func run<Product: Sendable>(
        _ count: Int, threads: Int, lookAhead: Int,
        produce: @escaping @Sendable (Int) -> Product,
        consume: (Int, Product) throws(StoreError) -> Void
    ) throws(StoreError) {
        if count == 1 { return try consume(0, produce(0)) }  // the caller waits anyway
        let state = Monitor(State<Product>())
        for number in 0..<min(threads, count) {
            state.update { $0.running += 1 }
            do throws(StoreError) {
                try WorkerThread.start {
                    while let piece = claim(state, count, lookAhead) {
                        let product = produce(piece)
                        state.update { $0.products[piece] = product }
                    }
                    state.update { $0.running -= 1 }
                }
            } catch {
                state.update { $0.running -= 1 }
                if number == 0 { throw error }
                break  // those that did start do the work
            }
        }
        defer {
            state.update { $0.isStopped = true }
            state.wait { $0.running == 0 ? () : nil }
        }
        for piece in 0..<count {
            let product = state.wait { state in
                state.products.removeValue(forKey: piece).map { product in
                    state.taken = piece + 1
                    return product
                }
            }
            try consume(piece, product)
        }
    }

    private static func claim<Product>(
        _ state: Monitor<State<Product>>, _ count: Int, _ lookAhead: Int
    ) -> Int? {
        state.wait { state -> Int?? in
            if state.isStopped || state.next >= count { return .some(nil) }
            guard state.next < state.taken + lookAhead else { return nil }
            defer { state.next += 1 }
            return .some(state.next)
        }
    }
}
