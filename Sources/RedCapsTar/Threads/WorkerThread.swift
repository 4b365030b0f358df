#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Plain threads for work that blocks or keeps a processor busy, which would starve Swift's
/// cooperative pool.
package enum WorkerThread {
    private final class Body {
        let run: () -> Void
        init(_ run: @escaping () -> Void) { self.run = run }
    }

    /// Starts a thread that ends by itself when `body` returns.
    /// - Throws: `StoreError` if the system has no thread left.
    package static func start(_ body: @escaping @Sendable () -> Void) throws(StoreError) {
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
            throw StoreError(
                .system, file: "this process",
                reason: "can't start a worker thread (error \(status))")
        }
    }

    /// Runs `body` for each of `0 ..< count` on as many threads as there are usable cores, or as the
    /// caller says, and waits for all of them.
    ///
    /// The caller's thread takes part, since it would only wait, and does everything if no other can
    /// be started. If it slept, the system could leave two workers on one core for milliseconds.
    package static func forEach(
        _ count: Int, threads: Int = usableCores, _ body: @escaping @Sendable (Int) -> Void
    ) {
        let progress = Monitor((next: 0, done: 0))
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
        for _ in 1..<max(1, min(threads, count)) {
            guard (try? start(work)) != nil else { break }
        }
        work()
        progress.wait { $0.done == count ? () : nil }
    }

    /// Makes one thing for each of `0 ..< count`, as `forEach` does.
    /// - Returns: The things in order.
    /// - Throws: The first failure in that order.
    static func map<Product: Sendable>(
        _ count: Int, _ body: @escaping @Sendable (Int) throws(StoreError) -> Product
    ) throws(StoreError) -> [Product] {
        let products = Monitor([Result<Product, StoreError>?](repeating: nil, count: count))
        forEach(count) { number in
            let product = Result { () throws(StoreError) in try body(number) }
            products.update { $0[number] = product }
        }
        var made: [Product] = []
        for product in products.update({ $0 }) {
            if let product { made.append(try product.get()) }
        }
        return made
    }
}
