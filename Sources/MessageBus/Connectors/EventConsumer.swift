import Logging
import Primitives
import ServiceLifecycle
import Synchronization

/// Works through a group's deliveries: claims, hands over, renews leases, settles.
final class EventConsumer: Service {
    private struct State {
        var isStopping = false
        var inFlight = DeliveriesInFlight()
    }

    private let queue: any DeliveryQueue
    private let subscription: Subscription
    private let configuration: ConsumerConfiguration
    private let handler: EventHandler
    private let clock: any WallClock
    private let logger: Logger
    private let bell = WakeUp()
    private let state = Mutex(State())

    init(
        queue: any DeliveryQueue, subscription: Subscription, configuration: ConsumerConfiguration,
        clock: any WallClock, logger: Logger, handler: @escaping EventHandler
    ) {
        self.queue = queue
        self.subscription = subscription
        self.configuration = configuration
        self.handler = handler
        self.clock = clock
        var logger = logger
        logger[metadataKey: "group"] = "\(subscription.group)"
        self.logger = logger
    }

    /// Handles events until cancelled or shut down gracefully; then lets the handlers at work finish for at most
    /// `drainTimeout`.
    func run() async {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { helpers in
                helpers.addTask { await self.queue.watch(self.subscription, self.bell) }
                helpers.addTask { await self.renewLeases() }
                if await registered() {
                    await withDiscardingTaskGroup { handlers in
                        await claimUntilStopped(&handlers)
                        await waitForHandlers()
                        handlers.cancelAll()
                    }
                }
                helpers.cancelAll()
            }
        } onGracefulShutdown: {
            self.state.withLock { $0.isStopping = true }
            self.bell.signal()
        }
    }

    private var isStopping: Bool { Task.isCancelled || state.withLock { $0.isStopping } }

    /// How many handlers may be started. Only the claiming loop starts any.
    private var freePlaces: Int { configuration.concurrency - state.withLock { $0.inFlight.count } }

    private func registered() async -> Bool {
        var failures = 0
        while !isStopping {
            do {
                try await queue.register(subscription)
                return true
            } catch {
                failures += 1
                logger.error("consumer group not registered, trying again", metadata: ["error": "\(error)"])
                await pause(configuration.backOff.delay(afterFailures: failures))
            }
        }
        return false
    }

    private func claimUntilStopped(_ handlers: inout DiscardingTaskGroup) async {
        var failures = 0
        var isBusy = false
        while !isStopping {
            if freePlaces == 0 {
                await bell.wait(atMost: configuration.pollInterval)
                continue
            }
            // Under load a moment's patience saves a query for each single place that becomes free.
            if isBusy, freePlaces * 2 < configuration.concurrency { try? await Task.sleep(for: .milliseconds(5)) }
            let free = freePlaces
            let claim = Identifier.v4()
            do {
                let now = clock.now()
                let until = now.adding(configuration.lease)
                let deliveries = try await queue.claim(
                    subscription, limit: free, claim: claim, now: now, until: until)
                failures = 0
                isBusy = deliveries.count == free
                for delivery in deliveries { start(delivery, until: until, in: &handlers) }
                if deliveries.isEmpty { try await sleep(since: now) }
            } catch {
                // The answer may be lost although the claim stands.
                await release(claim)
                if isStopping { return }
                failures += 1
                logger.error("events could not be claimed, trying again", metadata: ["error": "\(error)"])
                await pause(configuration.backOff.delay(afterFailures: failures))
            }
        }
    }

    private func release(_ claim: Identifier) async {
        let queue = self.queue
        let subscription = self.subscription
        await shielded { try? await queue.release(subscription, claim: claim) }
    }

    /// - Parameter instant: the time of the claim that found nothing. What has become due since is due, not past.
    private func sleep(since instant: Timestamp) async throws(MessageBusError) {
        let due = try await queue.nextDue(subscription, after: instant)?.duration(since: clock.now())
        await bell.wait(atMost: min(due ?? configuration.pollInterval, configuration.pollInterval))
    }

    private func start(
        _ delivery: ClaimedDelivery, until: Timestamp, in handlers: inout DiscardingTaskGroup
    ) {
        state.withLock { $0.inFlight.start(delivery, until: until) }
        handlers.addTask {
            await self.handle(delivery)
            self.state.withLock { $0.inFlight.end(delivery) }
            self.bell.signal()
        }
    }

    // MARK: One delivery

    private func handle(_ delivery: ClaimedDelivery) async {
        let work = Task {
            try await handler(
                EventDelivery(event: delivery.event, group: delivery.group, attempt: delivery.failures + 1))
        }
        state.withLock { $0.inFlight.handle(delivery, by: work) }
        let result = await withTaskCancellationHandler {
            await work.result
        } onCancel: {
            work.cancel()
        }
        let settlement = settlement(of: delivery, result, wasCancelled: work.isCancelled)
        let queue = self.queue
        let now = clock.now()
        let settled = await shielded {
            await retrying { () async throws(MessageBusError) in
                try await queue.settle(delivery, settlement, now: now)
            }
        }
        log(delivery, settlement, settled)
    }

    private func settlement(
        of delivery: ClaimedDelivery, _ result: Result<Void, any Error>, wasCancelled: Bool
    ) -> Settlement {
        switch result {
        case .success: return .done
        case .failure(let rejection as EventRejection):
            return .dead(reason: FailureReason.stored(rejection.reason))
        case .failure(let error):
            // What was interrupted by us has not failed.
            if wasCancelled { return .released }
            let reason = FailureReason.stored(FailureReason.describing(error))
            let failures = delivery.failures + 1
            if failures >= configuration.maximumAttempts { return .dead(reason: reason) }
            return .retry(
                at: clock.now().adding(configuration.backOff.delay(afterFailures: failures)), reason: reason)
        }
    }

    private func log(_ delivery: ClaimedDelivery, _ settlement: Settlement, _ settled: Result<Bool, MessageBusError>) {
        var metadata: Logger.Metadata = [
            "event": "\(delivery.event.id)", "type": "\(delivery.event.type)", "attempt": "\(delivery.failures + 1)",
        ]
        switch settlement {
        case .retry(_, let reason):
            metadata["reason"] = "\(reason)"
            logger.warning("event not handled, trying again", metadata: metadata)
        case .dead(let reason):
            metadata["reason"] = "\(reason)"
            logger.error("event given up on: dead letter", metadata: metadata)
        case .done, .released: break
        }
        switch settled {
        case .success(true): break
        case .success(false): logger.warning("event was handled beyond its lease", metadata: metadata)
        case .failure(let error):
            metadata["error"] = "\(error)"
            logger.error("event stays claimed until its lease ends", metadata: metadata)
        }
    }

    // MARK: Leases

    private func renewLeases() async {
        await everyInterval(configuration.lease / 3) {
            let deliveries = self.state.withLock { $0.inFlight.deliveries }
            if deliveries.isEmpty { return }
            let until = self.clock.now().adding(self.configuration.lease)
            let kept: Set<Int64>?
            do { kept = try await self.queue.extend(deliveries, until: until) } catch {
                kept = nil
                self.logger.warning("leases could not be renewed", metadata: ["error": "\(error)"])
            }
            let now = self.clock.now()
            let lost = self.state.withLock { $0.inFlight.renewed(deliveries, kept: kept, until: until, now: now) }
            for task in lost { task.cancel() }
        }
    }

    // MARK: Waiting

    private func waitForHandlers() async {
        let end = ContinuousClock.now.advanced(by: configuration.drainTimeout)
        while !Task.isCancelled, state.withLock({ !$0.inFlight.isEmpty }) {
            let remaining = ContinuousClock.now.duration(to: end)
            guard remaining > .zero else { return }
            await bell.wait(atMost: remaining)
        }
    }

    private func pause(_ duration: Duration) async {
        let end = ContinuousClock.now.advanced(by: duration)
        while !isStopping, ContinuousClock.now < end {
            await bell.wait(atMost: ContinuousClock.now.duration(to: end))
        }
    }
}
