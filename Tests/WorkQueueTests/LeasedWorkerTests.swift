import Primitives
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import WorkQueue

@Suite(.timeLimit(.minutes(5)))
struct LeasedWorkerTests {
    /// Delays as short as can be on the worker's side; the store's clock stands still unless a test moves it.
    static let configuration = WorkerConfiguration(
        concurrency: 4, lease: .seconds(3600), backOff: BackOff(initial: .seconds(1), maximum: .seconds(60)),
        maximumAttempts: 3, unavailability: BackOff(initial: .milliseconds(1), maximum: .milliseconds(2)),
        storeUnavailability: BackOff(initial: .milliseconds(1), maximum: .milliseconds(2)),
        pollInterval: .milliseconds(5), drainTimeout: .seconds(60), settlementTimeout: .seconds(60))

    private func worker(
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

    @Test func `a dependency that is away for long is no attempt, and everything is done after its return`()
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

    @Test func `an outcome is recorded although the store was away, before anything else is claimed`() async throws {
        let store = MemoryStore()
        store.add("a", "b")
        let configuration = WorkerConfiguration(
            concurrency: 2, lease: .seconds(3600), storeUnavailability: Self.configuration.storeUnavailability,
            pollInterval: .milliseconds(5))
        let handled = Mutex<[String]>([])
        let worker = worker(store, configuration) { item in
            handled.withLock { $0.append(item.name) }
            if item.name == "a" { store.setAway(true) }
            return .done(item.name)
        }
        try await running(worker) {
            try await eventually("recording is tried again and again") { store.refusedSettlements > 50 }
            // By the store's clock the lease has expired: a claim would return the work that is already done.
            store.advance(by: .seconds(7200))
            store.setAway(false)
            try await eventually("both are done") { store.rows.values.allSatisfy { $0.output != nil } }
        }
        #expect(handled.withLock { $0.sorted() } == ["a", "b"], "nothing is done twice")
    }

    @Test func `an outcome is recorded although the worker was cancelled meanwhile`() async throws {
        let store = MemoryStore()
        store.add("a")
        let worker = worker(store) { item in
            store.setAway(true)
            return .done(item.name)
        }
        let task = Task { await worker.run() }
        try await eventually("recording is tried") { store.refusedSettlements > 3 }
        task.cancel()
        try await eventually("and tried after the cancellation") { store.refusedSettlements > 20 }
        store.setAway(false)
        await task.value
        #expect(store.row("a").output == "a")
    }

    @Test func `a worker that must stop does not wait for a store that does not answer`() async throws {
        let store = MemoryStore()
        store.add("a")
        var configuration = Self.configuration
        configuration.settlementTimeout = .milliseconds(20)
        let worker = worker(store, configuration) { item in
            store.setAway(true)
            return .done(item.name)
        }
        let task = Task { await worker.run() }
        try await eventually("recording is tried") { store.refusedSettlements > 3 }
        task.cancel()
        await task.value
        #expect(store.row("a").output == nil)
    }

    @Test func `a handler that is interrupted is released, uncounted, and at once`() async throws {
        let store = MemoryStore()
        store.add("a")
        let (entered, continuation) = AsyncStream<Void>.makeStream()
        let worker = worker(store) { _ in
            continuation.yield()
            try await Task.sleep(for: .seconds(3600))
            return .done("never")
        }
        let task = Task { await worker.run() }
        for await _ in entered { break }
        task.cancel()
        await task.value
        #expect(store.row("a").failures == 0)
        #expect(store.row("a").handle == nil)
        #expect(store.row("a").dueAt <= store.clock.now())
    }

    @Test func `a handler that is done counts as done although it was interrupted`() async throws {
        let store = MemoryStore()
        store.add("a")
        let (entered, continuation) = AsyncStream<Void>.makeStream()
        let worker = worker(store) { item in
            continuation.yield()
            try? await Task.sleep(for: .seconds(3600))
            return .done(item.name)
        }
        let task = Task { await worker.run() }
        for await _ in entered { break }
        task.cancel()
        await task.value
        #expect(store.row("a").output == "a")
    }

    @Test func `a graceful shutdown lets handlers finish and claims nothing more`() async throws {
        let store = MemoryStore()
        store.add("a")
        let (entered, continuation) = AsyncStream<Void>.makeStream()
        let isReleased = Mutex(false)
        let worker = worker(store) { item in
            continuation.yield()
            try await eventually("the shutdown has begun") { isReleased.withLock { $0 } }
            return .done(item.name)
        }
        let group = ServiceGroup(services: [worker], logger: quiet)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            for await _ in entered { break }
            await group.triggerGracefulShutdown()
            store.add("b")
            isReleased.withLock { $0 = true }
            try await tasks.waitForAll()
        }
        #expect(store.row("a").output == "a")
    }

    @Test func `a handler whose lease is lost is cancelled and has no say any more`() async throws {
        let store = MemoryStore()
        store.add("a")
        var configuration = Self.configuration
        configuration.lease = .milliseconds(30)
        let wasCancelled = Mutex(false)
        let (entered, continuation) = AsyncStream<Void>.makeStream()
        let worker = worker(store, configuration) { _ in
            continuation.yield()
            do { try await Task.sleep(for: .seconds(3600)) } catch {
                wasCancelled.withLock { $0 = true }
                throw error
            }
            return .done("never")
        }
        try await running(worker) {
            for await _ in entered { break }
            store.steal("a")
            try await eventually("the handler is cancelled") { wasCancelled.withLock { $0 } }
        }
        #expect(store.row("a").handle == "stolen")
    }

    @Test func `an effect that cannot be taken back does not begin when the lease may have ended`() async throws {
        let store = MemoryStore()
        store.add("a")
        var configuration = Self.configuration
        configuration.lease = .milliseconds(30)
        let patience = configuration.lease * 2
        let commits = Mutex<[Bool]>([])
        let worker = LeasedWorker(
            store: store, configuration: configuration, logger: quiet, middleware: [],
            leaseHandler: { item, lease in
                if commits.withLock({ $0.isEmpty }) {
                    // As in a process that is held up: the lease is not renewed and ends.
                    store.setAway(true)
                    let end = ContinuousClock.now.advanced(by: patience)
                    while ContinuousClock.now < end { await Task.yield() }
                }
                let mayBegin = lease.commit()
                commits.withLock { $0.append(mayBegin) }
                store.setAway(false)
                guard mayBegin else { throw Unlucky() }
                return .done(item.name)
            })
        try await running(worker) {
            try await eventually("it is done") { store.row("a").output == "a" }
        }
        #expect(commits.withLock { $0.first } == false)
        #expect(commits.withLock { $0.last } == true)
        #expect(store.row("a").failures == 0)
    }

    @Test func `a handler with an effect that cannot be taken back is not cancelled for its lease`() async throws {
        let store = MemoryStore()
        store.add("a")
        var configuration = Self.configuration
        configuration.lease = .milliseconds(300)
        let wasCancelled = Mutex<Bool?>(nil)
        let worker = LeasedWorker(
            store: store, configuration: configuration, logger: quiet, middleware: [],
            leaseHandler: { item, lease in
                guard lease.commit() else { throw Unlucky() }
                store.steal("a")
                let renewals = store.renewals
                try await eventually("the loss is noticed") { store.renewals >= renewals + 2 }
                wasCancelled.withLock { $0 = Task.isCancelled }
                return .done(item.name)
            })
        try await running(worker) {
            try await eventually("it ends") { wasCancelled.withLock { $0 != nil } }
        }
        #expect(wasCancelled.withLock { $0 } == false)
        #expect(store.row("a").handle == "stolen")
    }

    @Test func `an effect that cannot be taken back does not begin after a shutdown`() async throws {
        let store = MemoryStore()
        store.add("a")
        let (entered, continuation) = AsyncStream<Void>.makeStream()
        let mayBegin = Mutex<Bool?>(nil)
        let worker = LeasedWorker(
            store: store, configuration: Self.configuration, logger: quiet, middleware: [],
            leaseHandler: { item, lease in
                continuation.yield()
                try? await Task.sleep(for: .seconds(3600))
                let answer = lease.commit()
                mayBegin.withLock { $0 = answer }
                guard answer else { throw Unlucky() }
                return .done(item.name)
            })
        let task = Task { await worker.run() }
        for await _ in entered { break }
        task.cancel()
        await task.value
        #expect(mayBegin.withLock { $0 } == false)
        #expect(store.row("a").handle == nil && store.row("a").failures == 0)
    }

    @Test func `a handler with an effect that cannot be taken back may end after a shutdown`() async throws {
        let store = MemoryStore()
        store.add("a")
        let (entered, continuation) = AsyncStream<Void>.makeStream()
        let isAnswered = Mutex(false)
        let worker = LeasedWorker(
            store: store, configuration: Self.configuration, logger: quiet, middleware: [],
            leaseHandler: { item, lease in
                guard lease.commit() else { throw Unlucky() }
                continuation.yield()
                try await eventually("the answer is there") { isAnswered.withLock { $0 } }
                return .done(item.name)
            })
        let task = Task { await worker.run() }
        for await _ in entered { break }
        task.cancel()
        isAnswered.withLock { $0 = true }
        await task.value
        #expect(store.row("a").output == "a")
    }

    @Test func `work whose lease was lost before its turn in the lane is not begun`() async throws {
        let store = MemoryStore()
        store.add("a", "b", lane: "lane")
        var configuration = Self.configuration
        configuration.lease = .milliseconds(30)
        let handled = Mutex<[String]>([])
        let worker = worker(store, configuration) { item in
            handled.withLock { $0.append(item.name) }
            guard item.name == "a" else { return .done(item.name) }
            store.steal("b")
            let renewals = store.renewals
            // When the second one begins, the worker has the answer to the first one.
            try await eventually("the loss is noticed") { store.renewals >= renewals + 2 }
            return .done(item.name)
        }
        try await running(worker) {
            try await eventually("the first one is done") { store.row("a").output == "a" }
        }
        #expect(handled.withLock { $0 } == ["a"])
        #expect(store.row("b").handle == "stolen")
    }

    @Test func `an outcome that cannot be stored does not take others with it`() async throws {
        let store = MemoryStore()
        store.add("a", "b", "c")
        store.refuseOutcome(of: "b")
        let worker = worker(store) { .done($0.name) }
        try await running(worker) {
            try await eventually("the others are recorded") {
                store.row("a").output == "a" && store.row("c").output == "c"
            }
        }
        #expect(store.row("b").output == nil && store.row("b").handle != nil)
    }

    @Test func `leases are renewed while a handler takes its time`() async throws {
        let store = MemoryStore()
        store.add("a")
        var configuration = Self.configuration
        configuration.lease = .milliseconds(30)
        let calls = Mutex(0)
        let isReleased = Mutex(false)
        let worker = worker(store, configuration) { item in
            calls.withLock { $0 += 1 }
            while !isReleased.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(5)) }
            return .done(item.name)
        }
        try await running(worker) {
            try await eventually("it is claimed") { store.row("a").handle != nil }
            for _ in 0..<5 {
                store.clock.advance(by: .milliseconds(20))
                try await eventually("the lease follows the clock") {
                    store.row("a").dueAt == store.clock.now().adding(.milliseconds(30))
                }
            }
            isReleased.withLock { $0 = true }
            try await eventually("it is done") { store.row("a").output == "a" }
        }
        #expect(calls.withLock { $0 } == 1)
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
