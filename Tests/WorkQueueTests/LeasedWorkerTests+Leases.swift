import Primitives
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import WorkQueue

/// Leases that are renewed, and those that are lost.
extension LeasedWorkerTests {
    @Test func `a handler whose lease is lost is canceled, and its outcome is ignored`() async throws {
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

    @Test func `work whose lease was lost before its turn in the lane is not started`() async throws {
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
}
