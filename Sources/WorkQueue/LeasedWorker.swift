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

    private struct State {
        var work = WorkInFlight<Item>()
        /// Handlers at work, each with the claimed items of one lane.
        var handlers = 0
        /// Handlers in a row that found a dependency away.
        var outages = 0
    }

    private let store: Store
    private let configuration: WorkerConfiguration
    private let middleware: [any WorkMiddleware]
    private let handler: LeaseHandler
    private let logger: Logger
    private let storeOutage: OutageLog
    private let handlerOutage: OutageLog
    private let lifetime = WorkerLifetime()
    private let recorder: OutcomeRecorder<Store>
    private let state = Mutex(State())

    /// Makes a worker; it works once `run()` is called.
    /// - Parameter middleware: Around every handler, the first one outermost; nil for ``WorkLog`` alone.
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
        self.middleware = middleware ?? [WorkLog(logger)]
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

    // MARK: Claiming

    private func prepared() async -> Bool {
        var failures = 0
        while !lifetime.isStopping {
            do {
                try await store.prepare()
                storeOutage.succeeded()
                return true
            } catch {
                failures += 1
                storeOutage.failed(error)
                await lifetime.rest(configuration.storeUnavailability.delay(afterFailures: failures))
            }
        }
        return false
    }

    private func claimUntilStopped(_ handlers: inout DiscardingTaskGroup) async {
        var failures = 0
        var isBusy = false
        var idle = IdlePause()
        while await waitForPlace(isBusy: isBusy) {
            let request = nextRequest()
            let leaseEnd = ContinuousClock.now.advanced(by: configuration.lease)
            do {
                let items = try await store.claim(request)
                if failures > 0 { storeOutage.succeeded() }
                failures = 0
                let runs = Self.runs(of: items)
                isBusy = runs.count >= request.limit
                for run in runs { start(run, leaseEnd: leaseEnd, in: &handlers) }
                if items.isEmpty {
                    let due = try await store.timeUntilDue()
                    await lifetime.signals.work.wait(
                        atMost: idle.next(timeUntilDue: due, pollInterval: configuration.pollInterval))
                } else {
                    idle.worked()
                }
            } catch {
                if lifetime.isStopping { return }
                failures += 1
                storeOutage.failed(error)
                await lifetime.rest(configuration.storeUnavailability.delay(afterFailures: failures))
            }
        }
    }

    /// Waits until a handler has a place and there is no reason to hold back.
    /// - Returns: False when the worker is to stop.
    private func waitForPlace(isBusy: Bool) async -> Bool {
        while !lifetime.isStopping {
            // Outcomes first: work that is claimed anew could be work that was done.
            if recorder.isFailing {
                await lifetime.rest(configuration.storeUnavailability.maximum)
                continue
            }
            let (free, outages) = state.withLock { (configuration.concurrency - $0.handlers, $0.outages) }
            if free <= 0 {
                await lifetime.signals.work.wait(atMost: configuration.pollInterval)
                continue
            }
            if outages > 0 {
                await lifetime.rest(configuration.unavailability.delay(afterFailures: outages))
            } else if isBusy, free * 2 < configuration.concurrency {
                // Under load a moment's patience saves a query for each single place that becomes free.
                try? await Task.sleep(for: .milliseconds(5))
            }
            return !lifetime.isStopping
        }
        return false
    }

    /// What there is place for; a single item while a dependency is away.
    private func nextRequest() -> ClaimRequest {
        let (free, isProbing, full) = state.withLock { state in
            (
                configuration.concurrency - state.handlers, state.outages > 0,
                state.work.fullBulkheads(size: configuration.bulkheadSize)
            )
        }
        return ClaimRequest(
            limit: isProbing ? 1 : max(free, 1), runLength: isProbing ? 1 : configuration.runLength,
            lease: configuration.lease, fullBulkheads: full)
    }

    /// The items by lane, in order.
    private static func runs(of items: [Item]) -> [[Item]] {
        var runs: [[Item]] = []
        for item in items {
            if let lane = item.lane, runs.last?.first?.lane == lane {
                runs[runs.count - 1].append(item)
            } else {
                runs.append([item])
            }
        }
        return runs
    }

    private func start(
        _ run: [Item], leaseEnd: ContinuousClock.Instant, in handlers: inout DiscardingTaskGroup
    ) {
        let isAdmitted = state.withLock { state in
            state.handlers += 1
            return run.map {
                state.work.start($0, leaseEnd: leaseEnd, bulkheadSize: configuration.bulkheadSize)
            }.allSatisfy(\.self)
        }
        handlers.addTask {
            await self.handle(run, isAdmitted: isAdmitted)
            self.state.withLock { state in
                state.handlers -= 1
                for item in run { state.work.end(item.handle) }
            }
            self.lifetime.signals.work.signal()
        }
    }

    /// Handles the items of a lane one after the other; their outcomes are recorded meanwhile.
    private func handle(_ run: [Item], isAdmitted: Bool) async {
        await withDiscardingTaskGroup { records in
            var goesOn = isAdmitted
            for (index, item) in run.enumerated() {
                let settlement: Settlement<Store.Output>
                if goesOn, index > 0 { goesOn = mayContinue(with: item) }
                if goesOn {
                    settlement = await handle(item)
                    switch settlement {
                    case .done, .deadLetter: break
                    case .retry, .released: goesOn = false
                    }
                } else {
                    // Soon enough for a place that becomes free, and no busy loop with a store that ignores bulkheads.
                    settlement = .released(after: isAdmitted ? .zero : .milliseconds(100))
                }
                records.addTask { await self.record(item, settlement) }
            }
        }
    }

    /// Whether a later item of a run may be handled: those before it may have taken longer than a shutdown or a lease
    /// allows.
    private func mayContinue(with item: Item) -> Bool {
        !lifetime.isStopping && state.withLock { $0.work.isHeld(item.handle, at: .now) }
    }

    // MARK: One piece of work

    private func handle(_ item: Item) async -> Settlement<Store.Output> {
        let task = Task { await self.attempt(item, self.middleware[...]) }
        state.withLock { $0.work.attach({ task.cancel() }, to: item.handle) }
        return await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            if state.withLock({ $0.work.withdraw(item.handle) }) { return task.cancel() }
            let patience = configuration.settlementTimeout
            Task {
                try? await Task.sleep(for: patience, clock: .continuous)
                task.cancel()
            }
        }
    }

    private func record(_ item: Item, _ settlement: Settlement<Store.Output>) async {
        switch await recorder.record(item, settlement) {
        case true?: break
        case false?: logger.warning("work was handled beyond its lease", metadata: item.description.logMetadata())
        case nil:
            logger.error(
                "the outcome could not be recorded; work stays claimed until its lease ends",
                metadata: item.description.logMetadata())
        }
    }

    private func attempt(
        _ item: Item, _ middleware: ArraySlice<any WorkMiddleware>
    ) async -> Settlement<Store.Output> {
        guard let first = middleware.first else { return await outcome(of: item) }
        return await first.handle(item.description) { await self.attempt(item, middleware.dropFirst()) }
    }

    private func outcome(of item: Item) async -> Settlement<Store.Output> {
        do {
            let lease = Lease { self.state.withLock { $0.work.commit(item.handle, at: .now) } }
            let settlement = try await handler(item, lease)
            if case .done = settlement { handlerSucceeded() }
            return settlement
        } catch {
            // What was interrupted, or was not allowed to begin, has not failed.
            if Task.isCancelled || state.withLock({ $0.work.isCommitted(item.handle) }) == false {
                return .released(after: .zero)
            }
            if let failure = error as? any PermanentFailure {
                return .deadLetter(reason: FailureReason.stored(failure.reason))
            }
            if error.isDependencyUnavailable {
                handlerOutage.failed(error, metadata: item.description.logMetadata())
                let outages = state.withLock { state in
                    state.outages += 1
                    return state.outages
                }
                return .released(after: configuration.unavailability.delay(afterFailures: outages))
            }
            let reason = FailureReason.stored(FailureReason.describing(error))
            let failures = item.failures + 1
            if failures >= configuration.maximumAttempts { return .deadLetter(reason: reason) }
            return .retry(after: configuration.backOff.delay(afterFailures: failures), reason: reason)
        }
    }

    private func handlerSucceeded() {
        let wasAway = state.withLock { state in
            defer { state.outages = 0 }
            return state.outages > 0
        }
        guard wasAway else { return }
        handlerOutage.succeeded()
        lifetime.signals.reconnected.signal()
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
