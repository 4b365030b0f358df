/// Why a thread can't be started.
package struct ThreadError: Error, Sendable, CustomStringConvertible {
    /// What the system says.
    package let description: String
}

/// Plain threads for work that blocks or keeps a processor busy, which would starve Swift's
/// cooperative pool.
package enum WorkerThread {
    private final class Body {
        let run: () -> Void
        init(_ run: @escaping () -> Void) { self.run = run }
    }

    /// Starts a thread that ends by itself when `body` returns.
    /// - Throws: `ThreadError` if the system has no thread left.
    package static func start(_ body: @escaping @Sendable () -> Void) throws(ThreadError) {
        let context = unsafe Unmanaged.passRetained(Body(body)).toOpaque()
        #if canImport(Darwin)
        var thread: pthread_t?
        #else
        var thread = pthread_t()
        #endif
        let attributes = UnsafeMutablePointer<pthread_attr_t>.allocate(capacity: 1)
        defer { unsafe attributes.deallocate() }
        unsafe pthread_attr_init(attributes)
        defer { unsafe _ = pthread_attr_destroy(attributes) }
        unsafe pthread_attr_setdetachstate(attributes, CInt(PTHREAD_CREATE_DETACHED))
        unsafe pthread_attr_setstacksize(attributes, 8 << 20)
        let status = unsafe pthread_create(
            &thread, attributes,
            { context in
                #if !canImport(Darwin)
                guard let context = unsafe context else { return nil }
                #endif
                unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context)
        if status != 0 {
            unsafe Unmanaged<Body>.fromOpaque(context).release()
            let words = unsafe String(cString: strerror(status))
            throw ThreadError(
                description: "can't start a worker thread: \(words)"
                    + (status == EAGAIN
                        ? "; a limit of processes (ulimit -u, a container's pids) may be reached"
                        : ""))
        }
    }

    /// Starts several threads with the same body.
    /// - Returns: How many could be started.
    package static func start(_ count: Int, _ body: @escaping @Sendable () -> Void) -> Int {
        for number in 0..<count {
            do throws(ThreadError) { try start(body) } catch { return number }
        }
        return count
    }

    /// Runs `body` for each of `0 ..< count` on as many threads as there are usable cores, or as the
    /// caller says, and waits for all of them.
    ///
    /// The caller's thread takes part, since it would only wait, and does everything if no other can
    /// be started. If it slept, the system could leave two workers on one core for milliseconds.
    package static func forEach(
        _ count: Int, threads: Int = usableCores, _ body: @escaping @Sendable (Int) -> Void
    ) {
        let progress = ConditionLock((next: 0, done: 0))
        let work: @Sendable () -> Void = {
            while true {
                let index = progress.update { progress in
                    defer { progress.next += 1 }
                    return progress.next
                }
                guard index < count else { return }
                body(index)
                progress.update { $0.done += 1 }
            }
        }
        _ = start(max(1, min(threads, count)) - 1, work)
        work()
        progress.wait { $0.done == count ? () : nil }
    }

    /// Makes one thing for each of `0 ..< count`, as `forEach` does.
    /// - Returns: The things in order.
    /// - Throws: The first failure in that order.
    package static func map<Product: Sendable, Failure: Error>(
        _ count: Int, threads: Int = usableCores,
        _ body: @escaping @Sendable (Int) throws(Failure) -> Product
    ) throws(Failure) -> [Product] {
        let products = ConditionLock([Result<Product, Failure>?](repeating: nil, count: count))
        forEach(count, threads: threads) { number in
            let product = Result { () throws(Failure) in try body(number) }
            products.update { $0[number] = product }
        }
        var made: [Product] = []
        for product in products.update({ $0 }) {
            if let product { made.append(try product.get()) }
        }
        return made
    }
}
