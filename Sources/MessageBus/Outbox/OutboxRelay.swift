package import Logging
package import PostgresClient
package import Primitives
import ServiceLifecycle
import Synchronization

/// Publishes what stands in an outbox: at least once, in order for each tenant, by any number of relays at once.
///
/// **Claim.** One statement takes the first pending event of many tenants (`FOR UPDATE SKIP LOCKED`) and stamps them
/// with a claim and the end of a lease. As only the first pending event of a tenant can be claimed, a later one never
/// overtakes an earlier one, whichever relay has it. A relay that dies delays its tenants until the lease ends.
///
/// **Failure.** An event that the bus does not take waits with back-off and holds up its tenant; after
/// `maximumAttempts` it becomes a dead letter: the row stays, flagged, and the tenant's later events go on without it
/// (the other choice, stopping the tenant for good, would turn one bad event into an outage). When the bus itself is
/// away, nothing is counted and events wait as long as it takes.
///
/// **Wake-up.** The relay sleeps until it is notified, an event becomes due, or the slow poll interval is over. Writers
/// are spared notifications while a relay is awake: see ``OutboxPacing``. That reasoning holds for writers in READ
/// COMMITTED, the default; under stricter isolation the poll interval bounds the delay.
///
/// **Clock.** Leases, back-off and retention use the injected clock. Clocks that disagree between machines lengthen or
/// shorten a lease; the worst that comes of it is a duplicate.
package final class OutboxRelay: Service {
    private struct State {
        var isStopping = false
        var inFlight = 0
    }

    let store: OutboxStore
    let configuration: OutboxRelayConfiguration
    let clock: any WallClock
    let logger: Logger
    private let connector: any EventConnector
    private let listener: PostgresConfiguration?
    private let state = Mutex(State())
    private let bell = WakeUp()

    /// Makes a relay; it works once `run()` is called, or for the length of a `flush(deadline:)`.
    /// - Parameters:
    ///   - pool: connections to the database with the outbox, as its runtime role.
    ///   - connector: where the events go.
    ///   - listener: how to open the one connection that waits for notifications; nil where `LISTEN` is not possible
    ///     (PgBouncer in transaction mode): then events wait for the poll interval.
    ///   - configuration: sizes and times.
    ///   - clock: for leases, back-off and retention.
    package init(
        pool: PostgresPool, connector: any EventConnector, listener: PostgresConfiguration?,
        configuration: OutboxRelayConfiguration = OutboxRelayConfiguration(), clock: any WallClock = SystemClock(),
        logger: Logger
    ) {
        self.store = OutboxStore(pool: pool)
        self.connector = connector
        self.listener = listener
        self.configuration = configuration
        self.clock = clock
        self.logger = logger
    }

    /// Publishes until the task is cancelled or told to shut down gracefully; then flushes for at most
    /// `shutdownTimeout` and returns. Never throws: trouble is logged and tried again. Runs once.
    package func run() async {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.listen() }
                group.addTask { await self.purgeRegularly() }
                await drainUntilStopped()
                if !Task.isCancelled {
                    _ = await flush(deadline: .now.advanced(by: configuration.shutdownTimeout))
                }
                let store = self.store
                await shielded { _ = try? await store.arm() }
                group.cancelAll()
            }
        } onGracefulShutdown: {
            self.state.withLock { $0.isStopping = true }
            self.bell.signal()
        }
    }

    /// Makes a sleeping relay look for events now.
    package func wake() {
        bell.signal()
    }

    /// Publishes until nothing more can be published at present, or the deadline has come.
    /// - Returns: Whether everything that was due was published. Dead letters and events in back-off are not due.
    package func flush(deadline: ContinuousClock.Instant) async -> Bool {
        var failures = 0
        while !Task.isCancelled {
            let remaining = ContinuousClock.now.duration(to: deadline)
            guard remaining > .zero else { break }
            do {
                switch try await drain(within: min(remaining, publishLimit)) {
                case .idle:
                    if state.withLock({ $0.inFlight == 0 }) { return true }
                    try? await Task.sleep(for: .milliseconds(5))
                    continue
                case .worked:
                    failures = 0
                    continue
                case .outage: failures += 1
                }
            } catch {
                failures += 1
                report(error)
            }
            try? await Task.sleep(for: min(configuration.backOff.delay(afterFailures: failures), remaining))
        }
        return false
    }

    // MARK: The loop

    /// Publishing must be over before the lease is.
    private var publishLimit: Duration { configuration.lease * 2 / 3 }

    private var batchSize: Int { max(1, min(configuration.batchSize, connector.maximumBatchSize)) }

    private var isStopping: Bool { Task.isCancelled || state.withLock { $0.isStopping } }

    private func drainUntilStopped() async {
        var pacing = OutboxPacing()
        while !isStopping {
            do {
                switch try await drain(within: publishLimit) {
                case .idle(let instant):
                    try await rest(&pacing, since: instant)
                case .worked(let count):
                    if pacing.worked() { try await store.disarm() }
                    if pacing.isBusy, count < batchSize { try? await Task.sleep(for: configuration.linger) }
                case .outage:
                    await pause(configuration.backOff.delay(afterFailures: pacing.failed()))
                }
            } catch {
                if isStopping { return }
                report(error)
                await pause(configuration.backOff.delay(afterFailures: pacing.failed()))
            }
        }
    }

    /// - Parameter instant: the time of the claim that found nothing. What has become due since is due, not past.
    private func rest(_ pacing: inout OutboxPacing, since instant: Timestamp) async throws(MessageBusError) {
        let outlook = try await store.outlook(now: instant)
        switch pacing.rest(oldestTransaction: outlook.oldestTransaction) {
        case .arm:
            pacing.armed(barrier: try await store.arm())
        case .look: break
        case .wait(let duration): await bell.wait(atMost: duration)
        case .sleep:
            let due = outlook.nextDue.map { $0.duration(since: clock.now()) }
            await bell.wait(atMost: min(due ?? configuration.pollInterval, configuration.pollInterval))
            pacing.slept()
        }
    }

    /// Waits out a back-off, whatever is notified meanwhile.
    private func pause(_ duration: Duration) async {
        let end = ContinuousClock.now.advanced(by: duration)
        while !isStopping, ContinuousClock.now < end {
            await bell.wait(atMost: ContinuousClock.now.duration(to: end))
        }
    }

    // MARK: One batch

    private enum Step {
        /// Nothing was due at that time.
        case idle(asOf: Timestamp)
        case worked(Int)
        case outage
    }

    /// Claims, publishes and settles one batch. Whatever happens, no claim is kept longer than its lease.
    private func drain(within limit: Duration) async throws(MessageBusError) -> Step {
        let claim = Identifier.v4()
        let now = clock.now()
        state.withLock { $0.inFlight += 1 }
        defer { state.withLock { $0.inFlight -= 1 } }
        let claimed: [ClaimedEvent]
        do {
            claimed = try await store.claim(
                limit: batchSize, claim: claim, now: now, until: now.adding(configuration.lease))
        } catch {
            // The answer is lost, the claim may stand.
            await release(claim)
            throw error
        }
        guard !claimed.isEmpty else { return .idle(asOf: now) }
        let outcomes: [PublishOutcome]
        do {
            let connector = self.connector
            let events = claimed.map(\.event)
            outcomes = try await withDeadline(limit) { () async throws(MessageBusError) in
                try await connector.publish(events)
            }
        } catch {
            logger.warning(
                "events could not be published", metadata: ["error": "\(error)", "events": "\(claimed.count)"])
            await release(claim)
            return .outage
        }
        try await settle(claimed, outcomes, claim: claim)
        return .worked(claimed.count)
    }

    private func release(_ claim: Identifier) async {
        let store = self.store
        await shielded { _ = try? await store.release(claim: claim) }
    }

    // MARK: Around it

    private func listen() async {
        guard let listener else { return }
        await ringing(bell, on: "outbox", of: listener, logger: logger)
    }

    private func report(_ error: MessageBusError) {
        logger.error("outbox relay failed, trying again", metadata: ["error": "\(error)"])
    }
}
