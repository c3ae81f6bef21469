package import Logging
import ServiceLifecycle
import Synchronization

/// Works through a store: claims, handles side by side, renews leases, settles, and drains at the end.
///
/// - **Failure.** What a handler throws decides: a ``PermanentFailure`` is a dead letter at once. A dependency that is
///   away (`DependencyError`) is no attempt: the work is released and probed again within ``WorkerConfiguration``'s
///   `unavailability`, one item at a time until a handler succeeds, for as long as the outage lasts. Anything else
///   counts, backs off, and ends as a dead letter after `maximumAttempts`.
/// - **Outcomes are not lost.** A settlement is recorded even if the task is canceled, and repeated until the store
///   answers. New work is claimed only once outcomes can be recorded again.
/// - **Order.** Items of one lane are handled one after the other. When one is not done, those behind it are released.
/// - **Cancellation.** A handler is canceled when its lease is lost or the time to drain is over; what was interrupted
///   is released and not counted. A handler whose effect cannot be taken back takes a ``Lease``.
package final class LeasedWorker<Store: LeasedStore>: Service {
    /// Does the work. Returning any settlement records it; throwing is described at ``LeasedWorker``.
    package typealias Handler = @Sendable (Store.Item) async throws -> Settlement<Store.Output>
    /// The same for work with effects that cannot be taken back.
    package typealias LeaseHandler = @Sendable (Store.Item, Lease) async throws -> Settlement<Store.Output>
    typealias Item = Store.Item

    struct State {
        var work = WorkInFlight<Item>()
        /// Handlers at work, each with the claimed items of one lane.
        var handlers = 0
        /// Handlers in a row that found a dependency away.
        var outages = 0
    }

    let store: Store
    let configuration: WorkerConfiguration
    let middleware: [any WorkMiddleware]
    let handler: LeaseHandler
    let logger: Logger
    let storeOutage: OutageLog
    let handlerOutage: OutageLog
    let lifetime = WorkerLifetime()
    let recorder: OutcomeRecorder<Store>
    let state = Mutex(State())

    /// Makes a worker; it works once `run()` is called.
    /// - Parameter middleware: Around every handler, the first one outermost; nil for ``WorkTracing`` and ``WorkLog``.
    package convenience init(
        store: Store, configuration: WorkerConfiguration = WorkerConfiguration(), logger: Logger,
        middleware: [any WorkMiddleware]? = nil, handler: @escaping Handler
    ) {
        self.init(
            store: store, configuration: configuration, logger: logger, middleware: middleware,
            leaseHandler: { item, _ in try await handler(item) })
    }

    /// The same for work with effects that cannot be taken back.
    package init(
        store: Store, configuration: WorkerConfiguration = WorkerConfiguration(), logger: Logger,
        middleware: [any WorkMiddleware]? = nil, leaseHandler handler: @escaping LeaseHandler
    ) {
        self.store = store
        self.configuration = configuration
        self.logger = logger
        let measuring: [any WorkMiddleware] = WorkMetrics().map { [$0] } ?? []
        self.middleware = measuring + (middleware ?? [WorkTracing(), WorkLog(logger)])
        self.handler = handler
        storeOutage = OutageLog("work cannot be claimed, trying again", logger: logger)
        handlerOutage = OutageLog("work waits for something that is away, trying again", logger: logger)
        recorder = OutcomeRecorder(
            store: store, backOff: configuration.storeUnavailability, lifetime: lifetime, logger: logger)
    }

    /// Works until canceled or shut down gracefully; then lets handlers go on for at most `drainTimeout`. Never throws:
    /// trouble is logged and tried again. Runs once.
    package func run() async {
        await lifetime.run(
            shutdownTime: configuration.drainTimeout + configuration.settlementTimeout,
            cancellationTime: configuration.settlementTimeout
        ) {
            await work()
        }
    }

    private func work() async {
        await withDiscardingTaskGroup { helpers in
            helpers.addTask { await self.store.watch(self.lifetime.signals) }
            helpers.addTask { await self.renewLeases() }
            if await prepared() {
                await withDiscardingTaskGroup { handlers in
                    await claimUntilStopped(&handlers)
                    await drain()
                    handlers.cancelAll()
                }
            }
            helpers.cancelAll()
        }
    }

    // MARK: Leases

    private func renewLeases() async {
        let interval = configuration.lease / 3
        var failures = 0
        while true {
            let pause =
                failures == 0
                ? interval : min(configuration.storeUnavailability.delay(afterFailures: failures), interval)
            do { try await Task.sleep(for: pause, clock: .continuous) } catch { return }
            let items = state.withLock { $0.work.items }
            if items.isEmpty {
                failures = 0
                continue
            }
            let leaseEnd = ContinuousClock.now.advanced(by: configuration.lease)
            let kept = try? await store.renew(items, lease: configuration.lease)
            failures = kept == nil ? failures + 1 : 0
            let lost = state.withLock { $0.work.renewed(items, kept: kept, leaseEnd: leaseEnd, now: .now) }
            for cancel in lost { cancel() }
        }
    }

    // MARK: The end

    private func drain() async {
        let end = ContinuousClock.now.advanced(by: configuration.drainTimeout)
        while !Task.isCancelled, state.withLock({ !$0.work.isEmpty }) {
            let remaining = ContinuousClock.now.duration(to: end)
            guard remaining > .zero else { return }
            await lifetime.signals.work.wait(atMost: remaining)
        }
    }
}
