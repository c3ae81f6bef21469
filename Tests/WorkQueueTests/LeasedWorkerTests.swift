import Primitives
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import WorkQueue

@Suite(.timeLimit(.minutes(20)))
struct LeasedWorkerTests {
    /// Delays as short as can be on the worker's side; the store's clock stands still unless a test moves it.
    static let configuration = WorkerConfiguration(
        concurrency: 4, lease: .seconds(3600), backOff: BackOff(initial: .seconds(1), maximum: .seconds(60)),
        maximumAttempts: 3, unavailability: BackOff(initial: .milliseconds(1), maximum: .milliseconds(2)),
        storeUnavailability: BackOff(initial: .milliseconds(1), maximum: .milliseconds(2)),
        pollInterval: .milliseconds(5), drainTimeout: .seconds(60), settlementTimeout: .seconds(60))

    func worker(
        _ store: MemoryStore, _ configuration: WorkerConfiguration = configuration,
        middleware: [any WorkMiddleware] = [], _ handler: @escaping LeasedWorker<MemoryStore>.Handler
    ) -> LeasedWorker<MemoryStore> {
        LeasedWorker(
            store: store, configuration: configuration, logger: quiet, middleware: middleware, handler: handler)
    }

    @Test func `work is handled side by side and its output recorded`() async throws {
        let store = MemoryStore()
        store.add("a", "b", "c", "d", "e", "f")
        let atWork = Mutex((now: 0, most: 0))
        let worker = worker(store) { item in
            atWork.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
            // A barrier: nobody continues before all four places are taken, as long as there is work for them.
            try await eventually("all places are taken") { atWork.withLock { $0.most == 4 } }
            atWork.withLock { $0.now -= 1 }
            return .done("output of \(item.name)")
        }
        try await running(worker) {
            try await eventually("all is done") { store.rows.values.allSatisfy { $0.output != nil } }
        }
        #expect(store.row("c").output == "output of c")
        #expect(atWork.withLock { $0.most } == 4)
    }

    @Test func `failures are counted, back off by the store's clock, and end as a dead letter`() async throws {
        let store = MemoryStore()
        store.add("a")
        let attempts = Mutex<[Int]>([])
        let worker = worker(store) { item in
            attempts.withLock { $0.append(item.description.attempt) }
            throw Unlucky()
        }
        try await running(worker) {
            for attempt in 1...2 {
                try await eventually("attempt \(attempt) is recorded") { store.row("a").failures == attempt }
                #expect(store.row("a").dueAt > store.clock.now())
                store.advance(by: .seconds(60))
            }
            try await eventually("it is given up") { store.row("a").deadReason == "Unlucky" }
        }
        #expect(attempts.withLock { $0 } == [1, 2, 3])
    }

    @Test func `a permanent failure is a dead letter at once`() async throws {
        let store = MemoryStore()
        store.add("a")
        let worker = worker(store) { _ in throw Hopeless() }
        try await running(worker) {
            try await eventually("it is given up") { store.row("a").deadReason == "hopeless" }
        }
        #expect(store.row("a").failures == 1)
    }

    @Test func `a long outage of a dependency is not an attempt, and everything is done after its return`()
        async throws
    {
        let store = MemoryStore()
        store.add("a", "b", "c", "d", "e")
        let calls = Mutex(0)
        let isAway = Mutex(true)
        let worker = worker(store) { item in
            calls.withLock { $0 += 1 }
            if isAway.withLock({ $0 }) { throw Away() }
            return .done(item.name)
        }
        try await running(worker) {
            // Far more attempts than `maximumAttempts` allows.
            try await eventually("it is probed again and again") {
                store.advance(by: .milliseconds(10))
                return calls.withLock { $0 } > 100
            }
            #expect(store.rows.values.allSatisfy { $0.failures == 0 && $0.deadReason == nil })
            isAway.withLock { $0 = false }
            try await eventually("all is done") {
                store.advance(by: .milliseconds(10))
                return store.rows.values.allSatisfy { $0.output != nil }
            }
        }
    }

    @Test func `one bulkhead never takes every place`() async throws {
        let store = MemoryStore()
        store.add("a", "b", "c", "d", bulkhead: "host:slow")
        var configuration = Self.configuration
        configuration.bulkheadSize = 2
        let atWork = Mutex((now: 0, most: 0))
        let isReleased = Mutex(false)
        let worker = worker(store, configuration) { item in
            guard item.bulkheads == ["host:slow"] else { return .done(item.name) }
            atWork.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
            while !isReleased.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(5)) }
            atWork.withLock { $0.now -= 1 }
            return .done(item.name)
        }
        try await running(worker) {
            try await eventually("the bulkhead is full") { atWork.withLock { $0.now } == 2 }
            store.add("x", "y", "z")
            try await eventually("other work goes on") {
                ["x", "y", "z"].allSatisfy { store.row($0).output != nil }
            }
            isReleased.withLock { $0 = true }
            try await eventually("all is done") {
                store.advance(by: .milliseconds(200))
                return store.rows.values.allSatisfy { $0.output != nil }
            }
        }
        #expect(atWork.withLock { $0.most } == 2)
    }

    @Test func `work of one lane is handled in order, and what is behind a failure is released`() async throws {
        let store = MemoryStore()
        store.add("a", "b", "c", "d", lane: "lane")
        let handled = Mutex<[String]>([])
        let worker = worker(store) { item in
            handled.withLock { $0.append(item.name) }
            if item.name == "b", item.failures == 0 { throw Unlucky() }
            return .done(item.name)
        }
        try await running(worker) {
            try await eventually("the failure is recorded") {
                store.row("b").failures == 1 && store.row("c").handle == nil && store.row("d").handle == nil
            }
            #expect(handled.withLock { $0 } == ["a", "b"])
            #expect(store.row("a").output == "a" && store.row("c").failures == 0)
            store.advance(by: .seconds(60))
            try await eventually("all is done") { store.rows.values.allSatisfy { $0.output != nil } }
        }
        #expect(handled.withLock { $0 } == ["a", "b", "b", "c", "d"])
    }

    @Test func `middleware goes around the handler, the first outermost, and sees what is recorded`() async throws {
        struct Note: WorkMiddleware {
            let name: String
            let notes: Notes
            func handle<Output: Sendable>(
                _ work: WorkDescription, next: () async -> Settlement<Output>
            ) async -> Settlement<Output> {
                notes.add("\(name) before \(work.id)")
                let settlement = await next()
                if case .deadLetter(let reason) = settlement { notes.add("\(name) after: \(reason)") }
                return settlement
            }
        }
        let store = MemoryStore()
        store.add("a")
        let notes = Notes()
        let worker = worker(
            store, middleware: [Note(name: "outer", notes: notes), Note(name: "inner", notes: notes)]
        ) { _ in throw Hopeless() }
        try await running(worker) {
            try await eventually("it is given up") { store.row("a").deadReason != nil }
        }
        #expect(
            notes.all == ["outer before a", "inner before a", "inner after: hopeless", "outer after: hopeless"])
    }
}

final class Notes: Sendable {
    private let notes = Mutex<[String]>([])
    func add(_ note: String) { notes.withLock { $0.append(note) } }
    var all: [String] { notes.withLock { $0 } }
}
