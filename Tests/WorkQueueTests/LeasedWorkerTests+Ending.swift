import Primitives
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import WorkQueue

/// What happens to handlers at the end of the worker.
extension LeasedWorkerTests {
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
}
