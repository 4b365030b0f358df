import RedCapsCore
import Testing

@Suite("The reorder window")
struct ReorderWindowTests {
    private typealias Window = ReorderWindow<String, Int>
    private struct Broken: Error, Equatable { let position: Int }

    private func window(
        _ count: Int, batchSize: Int = 2, capacity: Int = 2, batchLimit: Int = .max,
        dropsLast: Bool = false
    ) -> Window {
        Window(
            batchSize: batchSize, capacity: capacity, batchLimit: batchLimit, dropsLast: dropsLast,
            cursor: (0..<count).map { $0 * 10 }.makeIterator())
    }

    private func take(_ window: inout Window, _ count: Int) -> [Window.Ticket] {
        var storages = 100
        return (0..<count).compactMap { _ in
            window.takeTicket {
                storages += 1
                return storages
            }
        }
    }

    private func finish(_ window: inout Window, _ tickets: [Window.Ticket]) {
        for ticket in tickets { window.complete(ticket.place, .success("\(ticket.index)")) }
    }

    private func samples(_ outcome: Window.Outcome?) -> [String]? {
        if case .batch(let samples, _) = outcome { samples } else { nil }
    }

    private func isEnd(_ outcome: Window.Outcome?) -> Bool {
        if case .end = outcome { true } else { false }
    }

    @Test("Tickets come in the order of positions, batch by batch")
    func tickets() {
        var window = window(10)
        let tickets = take(&window, 9)
        #expect(tickets.map(\.position) == [0, 1, 2, 3])  // two batches of two, no more
        #expect(tickets.map(\.index) == [0, 10, 20, 30])
        #expect(tickets.map(\.slot) == [0, 1, 0, 1])
        #expect(tickets[0].storage == tickets[1].storage)
        #expect(!window.isThrough)
    }

    @Test("Batches come out in order, whatever order the samples are done in")
    func order() {
        var window = window(8, capacity: 3)
        let tickets = take(&window, 6)
        finish(&window, [tickets[4], tickets[5], tickets[3], tickets[1]])
        #expect(window.takeOutcome() == nil)
        finish(&window, [tickets[0]])
        #expect(samples(window.takeOutcome()) == ["0", "10"])
        #expect(window.takeOutcome() == nil)
        finish(&window, [tickets[2]])
        #expect(samples(window.takeOutcome()) == ["20", "30"])
        #expect(samples(window.takeOutcome()) == ["40", "50"])
    }

    @Test("A batch that is taken makes room for one more")
    func room() {
        var window = window(10)
        finish(&window, take(&window, 4))
        #expect(take(&window, 1).isEmpty)
        #expect(samples(window.takeOutcome()) == ["0", "10"])
        #expect(take(&window, 5).map(\.position) == [4, 5])
    }

    @Test("The last batch may be shorter; it may also be dropped")
    func last() {
        var kept = window(3)
        finish(&kept, take(&kept, 9))
        #expect(kept.isThrough)
        #expect(samples(kept.takeOutcome()) == ["0", "10"])
        #expect(samples(kept.takeOutcome()) == ["20"])
        #expect(isEnd(kept.takeOutcome()))

        var dropped = window(3, dropsLast: true)
        let tickets = take(&dropped, 9)
        finish(&dropped, tickets.reversed())  // the dropped batch's sample comes in all the same
        #expect(samples(dropped.takeOutcome()) == ["0", "10"])
        #expect(isEnd(dropped.takeOutcome()))
        #expect(isEnd(dropped.takeOutcome()))
    }

    @Test("An order that ends with a batch ends after it")
    func exact() {
        var window = window(4)
        finish(&window, take(&window, 9))
        _ = window.takeOutcome()
        _ = window.takeOutcome()
        #expect(take(&window, 1).isEmpty)
        #expect(isEnd(window.takeOutcome()))
    }

    @Test(
        "A failure in an incomplete last batch that is dropped is no failure, whatever comes first")
    func droppedFailure() {
        for failsFirst in [true, false] {
            var window = window(3, dropsLast: true)
            let tickets = take(&window, 3)
            finish(&window, [tickets[0], tickets[1]])
            if !failsFirst { #expect(take(&window, 1).isEmpty) }
            window.complete(tickets[2].place, .failure(Broken(position: 2)))
            #expect(take(&window, 1).isEmpty)
            #expect(samples(window.takeOutcome()) == ["0", "10"])
            #expect(isEnd(window.takeOutcome()))
        }
    }

    @Test("No more batches are begun than asked for")
    func limit() {
        var window = window(100, capacity: 9, batchLimit: 3)
        #expect(take(&window, 100).count == 6)
        #expect(window.isThrough)
        var none = self.window(100, batchLimit: 0)
        #expect(take(&none, 1).isEmpty)
        #expect(isEnd(none.takeOutcome()))
    }

    @Test("The first failure of a batch comes out in its turn, and nothing but the end after it")
    func failure() {
        var window = window(10, capacity: 3)
        let tickets = take(&window, 5)
        finish(&window, [tickets[0], tickets[4]])
        for number in [3, 2] {
            window.complete(
                tickets[number].place, .failure(Broken(position: tickets[number].position)))
        }
        #expect(window.isThrough)
        #expect(take(&window, 1).isEmpty)
        #expect(window.takeOutcome() == nil)
        finish(&window, [tickets[1]])
        #expect(samples(window.takeOutcome()) == ["0", "10"])
        guard case .failure(let error) = window.takeOutcome() else {
            Issue.record("no failure came out")
            return
        }
        #expect(error as? Broken == Broken(position: 2))
        #expect(isEnd(window.takeOutcome()))
    }

    @Test("Without memory for a batch the order ends with that failure, after the batches before")
    func noStorage() {
        var window = window(10)
        let tickets = take(&window, 2)
        #expect(window.takeTicket { throw Broken(position: -1) } == nil)
        #expect(take(&window, 1).isEmpty)
        #expect(window.takeOutcome() == nil)
        finish(&window, tickets)
        #expect(samples(window.takeOutcome()) == ["0", "10"])
        guard case .failure(let error) = window.takeOutcome() else {
            Issue.record("no failure came out")
            return
        }
        #expect(error as? Broken == Broken(position: -1))
        #expect(isEnd(window.takeOutcome()))
    }

    @Test("An abandoned window is at its end, and ignores what still comes in")
    func abandoned() {
        var window = window(10)
        let tickets = take(&window, 3)
        window.abandon()
        finish(&window, tickets)
        #expect(take(&window, 1).isEmpty)
        #expect(isEnd(window.takeOutcome()))
    }
}
