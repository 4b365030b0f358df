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

    /// Makes `count` products on threads, and consumes them one after the other. Without a single
    /// thread, the calling one makes them.
    ///
    /// At most `lookAhead` products are made before they are asked for, so that memory is bounded.
    /// - Throws: What `consume` throws; then the threads have ended, too.
    package static func run<Product: Sendable, Failure: Error>(
        _ count: Int, threads: Int, lookAhead: Int,
        produce: @escaping @Sendable (Int) -> Product,
        consume: (Int, Product) throws(Failure) -> Void
    ) throws(Failure) {
        // The caller would wait for a single one anyway.
        guard count > 1 else {
            for piece in 0..<count { try consume(piece, produce(piece)) }
            return
        }
        let state = ConditionLock(State<Product>())
        let started = WorkerThread.start(min(threads, count)) {
            while let piece = claim(state, count, lookAhead) {
                let product = produce(piece)
                state.update { $0.products[piece] = product }
            }
            state.update { $0.running -= 1 }
        }
        state.update { $0.running += started }
        defer {
            state.update { $0.isStopped = true }
            state.wait { $0.running == 0 ? () : nil }
        }
        for piece in 0..<count {
            guard started > 0 else {
                try consume(piece, produce(piece))
                continue
            }
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
        _ state: ConditionLock<State<Product>>, _ count: Int, _ lookAhead: Int
    ) -> Int? {
        state.wait { state -> Int?? in
            if state.isStopped || state.next >= count { return .some(nil) }
            guard state.next < state.taken + lookAhead else { return nil }
            defer { state.next += 1 }
            return .some(state.next)
        }
    }
}
