import RedCapsLoading
import TestSupport
import Testing

@Suite("A failure that ends the run, in the reorder window")
struct WindowVerdictTests {
    private typealias Window = ReorderWindow<Int, Int>
    private struct Broken: Error {}

    private func window(draws: DrawPolicy = .positional(seed: 0)) -> Window {
        Window(BatchPlan(batchSize: 3), capacity: 2, draws: draws, policy: .stop) { _ in
            Tens(count: 1000, shorter: [:])
        }
    }

    private func take(_ window: inout Window) -> Window.Ticket? {
        guard let sample = window.candidate(where: { _ in true }) else { return nil }
        return window.take(sample, atMost: 1) { _ in 0 }
    }

    private func result(_ position: Int, isLoaded: Bool) -> Window.Result {
        isLoaded
            ? .loaded(LoadedSample(position, index: position * 10, position: position))
            : .failed([SampleFailure(position: position, index: 0, error: Broken())])
    }

    /// - Returns: Whether a batch is due.
    private func complete(
        _ window: inout Window, _ ticket: Window.Ticket, isLoaded: Bool = true
    ) -> Bool {
        window.complete(
            ticket.place, [result(ticket.positions.start, isLoaded: isLoaded)], ticket.draws)
    }

    private func failure(_ window: inout Window) -> TooManyFailures? {
        guard case .failure(let error, _)? = window.takeOutcome(makeStorage: { _ in 0 }) else {
            return nil
        }
        return error as? TooManyFailures
    }

    @Test("It is due once all before it is there, and nothing after it is begun")
    func due() {
        var window = window()
        let tickets = (0..<5).compactMap { _ in take(&window) }
        #expect(tickets.map(\.positions.start) == [0, 1, 2, 3, 4])
        var isDue = complete(&window, tickets[4], isLoaded: false)
        #expect(!isDue)
        let next = take(&window)
        #expect(next == nil)
        let isThrough = window.isThrough()
        #expect(isThrough)
        isDue = complete(&window, tickets[2])
        #expect(!isDue)
        isDue = complete(&window, tickets[1], isLoaded: false)
        #expect(!isDue)
        isDue = complete(&window, tickets[0])
        #expect(isDue)
        let error = failure(&window)
        #expect(error?.failures.map(\.position) == [1])
        // What still comes is of no account.
        isDue = complete(&window, tickets[3])
        #expect(!isDue)
        guard case .end? = window.takeOutcome(makeStorage: { _ in 0 }) else {
            Issue.record("it isn't the end")
            return
        }
    }

    @Test("The batches before it come first, whole")
    func before() {
        var window = window()
        let tickets = (0..<4).compactMap { _ in take(&window) }
        _ = complete(&window, tickets[3], isLoaded: false)
        for ticket in tickets[..<3] { _ = complete(&window, ticket) }
        guard case .batch(let batch)? = window.takeOutcome(makeStorage: { _ in 0 }) else {
            Issue.record("the first batch doesn't come")
            return
        }
        #expect(batch.samples.map(\.position) == [0, 1, 2])
        let error = failure(&window)
        #expect(error?.failures.map(\.position) == [3])
    }

    @Test("A batch that is loaded whole may end with it")
    func whole() throws {
        var window = try window(draws: .perStream(ReferenceMode(workers: 1), seed: 0))
        let ticket = window.takeBatch { _ in 0 }
        let taken = try #require(ticket)
        let results = [result(0, isLoaded: true), result(1, isLoaded: false)]
        let isDue = window.complete(taken.place, results, taken.draws)
        #expect(isDue)
        let error = failure(&window)
        #expect(error?.failures.map(\.position) == [1])
    }
}
