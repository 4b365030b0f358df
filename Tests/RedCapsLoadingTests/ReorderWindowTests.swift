import TestSupport
import RedCapsLoading
import Testing

@Suite("The reorder window")
struct ReorderWindowTests {
    private typealias Window = ReorderWindow<String, Int>
    private struct Broken: Error, Equatable { let position: Int }

    /// A window over an order whose index at each position is ten times that.
    private func window(
        _ count: Int?, batchSize: Int = 2, capacity: Int = 2, draws: DrawPolicy? = nil,
        shorter: [Int: Int] = [:], policy: FailurePolicy = .stop,
        change: (inout BatchPlan) -> Void = { _ in }
    ) -> Window {
        var plan = BatchPlan(batchSize: batchSize)
        plan.end = count
        change(&plan)
        return Window(
            plan, capacity: capacity, draws: draws ?? .positional(seed: 0), policy: policy
        ) { _ in Tens(count: count ?? 1_000_000, shorter: shorter) }
    }

    private func take(_ window: inout Window, _ count: Int) -> [Window.Ticket] {
        var storages = 100
        return (0..<count).compactMap { _ in
            guard let sample = window.candidate(where: { _ in true }) else { return nil }
            return window.take(sample, atMost: 1) { _ in
                storages += 1
                return storages
            }
        }
    }

    private func loaded(_ ticket: Window.Ticket) -> [Window.Result] {
        zip(ticket.indices, ticket.positions).enumerated().map { offset, sample in
            .loaded(
                LoadedSample(
                    "\(sample.0)", index: sample.0, position: sample.1,
                    slot: ticket.slot + offset))
        }
    }

    private func finish(_ window: inout Window, _ tickets: [Window.Ticket]) {
        for ticket in tickets { _ = window.complete(ticket.place, loaded(ticket), ticket.draws) }
    }

    private func fail(_ window: inout Window, _ ticket: Window.Ticket) {
        let position = ticket.positions.start
        _ = window.complete(
            ticket.place,
            [
                .failed([
                    SampleFailure(
                        position: position, index: position * 10,
                        error: Broken(position: position))
                ])
            ], ticket.draws)
    }

    private func outcome(_ window: inout Window) -> Window.Outcome? {
        window.takeOutcome { _ in 7 }
    }

    private func samples(_ window: inout Window) -> [String]? {
        if case .batch(let batch) = outcome(&window) { batch.samples.map(\.sample) } else { nil }
    }

    private func isThrough(_ window: inout Window) -> Bool { window.isThrough() }

    private func isEnd(_ window: inout Window) -> Bool {
        if case .end = outcome(&window) { true } else { false }
    }

    @Test("Samples are taken in the order of positions, batch by batch")
    func tickets() {
        var window = window(10)
        let tickets = take(&window, 9)
        #expect(tickets.map(\.positions.start) == [0, 1, 2, 3])  // two batches of two, no more
        #expect(tickets.flatMap(\.indices) == [0, 10, 20, 30])
        #expect(tickets.map(\.slot) == [0, 1, 0, 1])
        #expect(tickets[0].storage == tickets[1].storage)
        #expect(!isThrough(&window))
    }

    @Test("Neighbours are taken together, but never across the end of a batch")
    func runs() {
        var window = window(nil, batchSize: 5)
        let first = window.take(0, atMost: 3) { _ in 1 }
        #expect(first.map { Array($0.indices) } == [0, 10, 20])
        let second = window.take(window.firstUntaken, atMost: 3) { _ in 2 }
        #expect(second.map { Array($0.indices) } == [30, 40])
        #expect(second?.slot == 3)
        #expect(second?.storage == 1)
    }

    @Test("Samples may be taken out of turn, each once")
    func outOfTurn() {
        var window = window(nil, batchSize: 3)
        let third = window.candidate { $0 >= 2 }
        #expect(third == 2)
        _ = window.take(2, atMost: 1) { _ in 1 }
        let rest = window.take(0, atMost: 9) { _ in 1 }
        #expect(rest.map { Array($0.indices) } == [0, 10])
        #expect(window.firstUntaken == 3)
        let closed = window.candidate { $0 >= 6 }
        #expect(closed == nil)  // a third batch isn't open
        let ahead = window.index(of: 7)
        #expect(ahead == 70)  // though it is known what will be in it
    }

    @Test("Batches come out in order, whatever order the samples are done in")
    func order() {
        var window = window(8, capacity: 3)
        let tickets = take(&window, 6)
        finish(&window, [tickets[4], tickets[5], tickets[3], tickets[1]])
        #expect(outcome(&window) == nil)
        #expect(window.finishedCount == 1)
        finish(&window, [tickets[0]])
        #expect(samples(&window) == ["0", "10"])
        #expect(outcome(&window) == nil)
        finish(&window, [tickets[2]])
        #expect(samples(&window) == ["20", "30"])
        #expect(samples(&window) == ["40", "50"])
    }

    @Test("A batch that is taken makes room for one more")
    func room() {
        var window = window(10)
        finish(&window, take(&window, 4))
        #expect(take(&window, 1).isEmpty)
        #expect(samples(&window) == ["0", "10"])
        #expect(take(&window, 5).map(\.positions.start) == [4, 5])
    }

    @Test("The last batch may be shorter; it may also be dropped")
    func last() {
        var kept = window(3)
        finish(&kept, take(&kept, 9))
        #expect(isThrough(&kept))
        #expect(samples(&kept) == ["0", "10"])
        #expect(samples(&kept) == ["20"])
        #expect(isEnd(&kept))

        var dropped = window(3) { $0.dropsLast = true }
        finish(&dropped, take(&dropped, 9))
        #expect(samples(&dropped) == ["0", "10"])
        #expect(isEnd(&dropped))
        #expect(isEnd(&dropped))
    }

    @Test("Every rank gets as many batches, the last of them shorter or empty")
    func ranks() {
        func batches(_ rank: Int, dropsLast: Bool = false) -> [[Int]] {
            var window = window(9, capacity: 9) {
                ($0.rank, $0.worldSize, $0.dropsLast) = (rank, 3, dropsLast)
            }
            finish(&window, take(&window, 99))
            var batches: [[Int]] = []
            while case .batch(let batch) = outcome(&window) {
                #expect(batch.samples.map(\.position) == Array(batch.positions))
                batches.append(batch.samples.map(\.index))
            }
            return batches
        }
        #expect(batches(0) == [[0, 30], [60]])
        #expect(batches(2) == [[20, 50], [80]])
        #expect(batches(1, dropsLast: true) == [[10, 40]])
        var late = window(7, capacity: 9) { ($0.rank, $0.worldSize) = (1, 3) }
        finish(&late, take(&late, 99))
        #expect(samples(&late) == ["10", "40"])
        #expect(samples(&late) == [])
        #expect(isEnd(&late))
    }

    @Test("Storage is made for a batch: its number, positions, indices and slots")
    func storage() {
        var window = window(nil, batchSize: 3) {
            ($0.rank, $0.worldSize, $0.firstNumber) = (1, 2, 4)
        }
        var planned: [PlannedBatch] = []
        while let sample = window.candidate(where: { _ in true }) {
            _ = window.take(sample, atMost: 1) { batch in
                planned.append(batch)
                return batch.number
            }
        }
        #expect(
            planned == [
                PlannedBatch(
                    [250, 270, 290], number: 4,
                    positions: BatchPositions(start: 25, stride: 2, count: 3)),
                PlannedBatch(
                    [310, 330, 350], number: 5,
                    positions: BatchPositions(start: 31, stride: 2, count: 3)),
            ])
        #expect(planned.map(\.slots) == [3, 3])
    }

    @Test(
        "A sampler may make batches shorter; samples are still found, taken and delivered in order")
    func shorter() {
        var window = window(20, batchSize: 4, capacity: 9, shorter: [0: 1, 4: 3, 8: 2])
        let ahead = window.index(of: 6)
        #expect(ahead == 120)
        let tickets = take(&window, 99)
        #expect(tickets.map(\.slot) == [0, 0, 1, 2, 0, 1, 0, 1, 2, 3, 0, 1, 2, 3])
        #expect(
            tickets.map(\.positions.start) == [0, 4, 5, 6, 8, 9, 12, 13, 14, 15, 16, 17, 18, 19])
        finish(&window, tickets.reversed())
        var counts: [Int] = []
        while case .batch(let batch) = outcome(&window) {
            counts.append(batch.samples.count)
            #expect(batch.samples.map(\.position) == Array(batch.positions))
        }
        #expect(counts == [1, 3, 2, 4, 4])
        #expect(isThrough(&window))
    }

    @Test("A sampler that gives a batch nothing, or too much, ends the run with an error")
    func wrongCounts() {
        for count in [0, 3] {
            struct Wrong: BatchCursor {
                let count: Int
                func indices(at positions: BatchPositions) -> [Int] {
                    Array(repeating: 0, count: count)
                }
            }
            var window = Window(
                BatchPlan(batchSize: 2), capacity: 2, draws: .positional(seed: 0), policy: .stop
            ) { _ in Wrong(count: count) }
            #expect(take(&window, 1).isEmpty)
            guard case .failure(let error, _) = outcome(&window) else {
                Issue.record("no failure came out")
                continue
            }
            #expect(
                "\(error)" == "the sampler gave \(count) indices for a batch of 2")
            #expect(isEnd(&window))
        }
    }

    @Test("Batches that are left out cost no sample, and the numbering goes on")
    func skips() {
        var window = window(nil, capacity: 9) {
            $0.firstNumber = 3
            $0.limit = 3
            $0.skips = [4..<6, 6..<7]
        }
        finish(&window, take(&window, 99))
        var numbers: [Int] = []
        while case .batch(let batch) = outcome(&window) {
            numbers.append(batch.number)
            #expect(batch.samples.map(\.index) == [20 * batch.number, 20 * batch.number + 10])
        }
        #expect(numbers == [3, 7, 8])
    }

    @Test("No more batches are begun than asked for")
    func limit() {
        var window = window(100, capacity: 9) { $0.limit = 3 }
        #expect(take(&window, 100).count == 6)
        #expect(isThrough(&window))
        var none = self.window(100) { $0.limit = 0 }
        #expect(take(&none, 1).isEmpty)
        #expect(isEnd(&none))
    }

    @Test("A failure comes out in its turn, with nothing but the end after it")
    func failure() {
        var window = window(10, capacity: 3)
        let tickets = take(&window, 6)
        finish(&window, [tickets[0], tickets[4], tickets[5]])
        for number in [3, 2] { fail(&window, tickets[number]) }
        #expect(outcome(&window) == nil)
        finish(&window, [tickets[1]])
        #expect(samples(&window) == ["0", "10"])
        guard case .failure(let error as TooManyFailures, let told) = outcome(&window) else {
            Issue.record("no failure came out")
            return
        }
        #expect(error.failures.map(\.position) == [2])
        #expect(told.map(\.position) == [2])
        #expect(isEnd(&window))
    }

    @Test("What fails is left out of its batch, be it empty, until the budget is spent")
    func skipping() {
        var window = window(nil, capacity: 4, policy: .skip(atMost: 3))
        let tickets = take(&window, 8)
        for number in [1, 2, 3, 6] { fail(&window, tickets[number]) }
        finish(&window, [tickets[0], tickets[4], tickets[5], tickets[7]])
        #expect(samples(&window) == ["0"])
        #expect(samples(&window) == [])
        #expect(samples(&window) == ["40", "50"])
        guard case .failure(let error as TooManyFailures, _) = outcome(&window) else {
            Issue.record("no failure came out")
            return
        }
        #expect(error.count == 4)
        #expect(isEnd(&window))
    }

    @Test("Without memory for a batch the order ends with that failure, after the batches before")
    func noStorage() {
        var window = window(10)
        let tickets = take(&window, 2)
        let refused = window.take(2, atMost: 1) { _ in throw Broken(position: -1) }
        #expect(refused == nil)
        #expect(take(&window, 1).isEmpty)
        #expect(outcome(&window) == nil)
        finish(&window, tickets)
        #expect(samples(&window) == ["0", "10"])
        guard case .failure(let error, _) = outcome(&window) else {
            Issue.record("no failure came out")
            return
        }
        #expect(error as? Broken == Broken(position: -1))
        #expect(isEnd(&window))
    }

    @Test("Batches whose draws depend on one another are taken whole, one of a stream at a time")
    func streams() throws {
        var window = try window(
            nil, capacity: 5, draws: .perStream(ReferenceMode(workers: 2), seed: 0))
        let first = window.takeBatch { _ in 1 }
        let second = window.takeBatch { _ in 2 }
        #expect(first.map { Array($0.indices) } == [0, 10])
        #expect(second.flatMap { window.owner(of: $0) } == 1)
        let none = window.takeBatch { _ in 3 }
        #expect(none == nil)
        if let second { finish(&window, [second]) }
        let fourth = window.takeBatch { _ in 4 }
        #expect(fourth.map { Array($0.indices) } == [60, 70])
        if let first { finish(&window, [first]) }
        let third = window.takeBatch { _ in 3 }
        #expect(third.flatMap { window.owner(of: $0) } == 0)
    }

    @Test("An abandoned window is at its end, and ignores what still comes in")
    func abandoned() {
        var window = window(10)
        let tickets = take(&window, 3)
        window.cancel()
        finish(&window, tickets)
        #expect(take(&window, 1).isEmpty)
        #expect(isEnd(&window))
    }
}
