import Primitives
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import WorkQueue

/// Outcomes are recorded until the store answers.
extension LeasedWorkerTests {
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

    @Test func `an outcome is recorded although the worker was canceled meanwhile`() async throws {
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
}
