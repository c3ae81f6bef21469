package import Logging
package import PostgresClient
package import Primitives
import ServiceLifecycle
import Synchronization
import WorkQueue

/// Publishes what is in an outbox: at least once, in order for each tenant, by any number of relays at once.
///
/// **Claim.** One statement takes runs of consecutive events, tenant by tenant (`FOR UPDATE SKIP LOCKED` on the first
/// pending event of each), and stamps them with a claim and the end of a lease. As a tenant can be claimed only by its
/// first pending event, a later one never overtakes an earlier one, whichever relay has it. A relay that dies delays its
/// tenants until the lease ends.
///
/// **Failure.** An event that the bus does not accept waits with back-off and holds up its tenant; after
/// `maximumAttempts` it becomes a dead letter: the row stays, flagged, and the tenant's later events go on without it
/// (the other choice, stopping the tenant for good, would turn one bad event into an outage). When the bus itself is
/// away, nothing is counted and events wait as long as it takes; they flow again within `unavailability`'s maximum of
/// its return.
///
/// **Wake-up.** The relay sleeps until it is notified, an event becomes due, or the slow poll interval is over. Writers
/// are spared notifications while a relay is awake: see ``OutboxPacing``. That reasoning holds for writers in READ
/// COMMITTED, the default; under stricter isolation the poll interval bounds the delay.
///
/// **Clock.** Leases and back-off are counted by the database's clock, so the clocks of the nodes need not agree.
package final class OutboxRelay: Service {
    let store: OutboxStore
    let configuration: OutboxRelayConfiguration
    let clock: any WallClock
    let logger: Logger
    private let connector: any EventConnector
    /// A bus that may lose what it has accepted.
    private let memory: (any BusMemory)?
    /// When the bus was known to have everything; nil when it has to be asked.
    private let recollection = Mutex<ContinuousClock.Instant?>(nil)
    private let listener: PostgresConfiguration?
    let lifetime = WorkerLifetime()
    /// Batches that are being published.
    private let inFlight = Atomic(0)
    private let busOutage: OutageLog
    let storeOutage: OutageLog

    /// Makes a relay; it works once `run()` is called, or for the length of a `flush(deadline:)`.
    /// - Parameters:
    ///   - pool: connections to the database with the outbox, as its runtime role.
    ///   - connector: where the events go.
    ///   - listener: how to open the one connection that waits for notifications; nil where `LISTEN` is not possible
    ///     (PgBouncer in transaction mode): then events wait for the poll interval.
    ///   - configuration: sizes and times.
    ///   - clock: for retention.
    package init(
        pool: PostgresPool, connector: any EventConnector, listener: PostgresConfiguration?,
        configuration: OutboxRelayConfiguration = OutboxRelayConfiguration(), clock: any WallClock = SystemClock(),
        logger: Logger
    ) {
        self.store = OutboxStore(pool: pool)
        self.connector = connector
        memory = connector as? any BusMemory
        self.listener = listener
        self.configuration = configuration
        self.clock = clock
        self.logger = logger
        busOutage = OutageLog("events cannot be published, trying again", logger: logger)
        storeOutage = OutageLog("the outbox cannot be read or written, trying again", logger: logger)
    }

    /// Publishes until the task is canceled or the service shuts down gracefully; then flushes for at most
    /// `shutdownTimeout` and returns. Never throws: trouble is logged and tried again. Runs once.
    package func run() async {
        await lifetime.run(
            shutdownTime: configuration.shutdownTimeout, cancellationTime: configuration.shutdownTimeout
        ) {
            await work()
        }
    }

    private func work() async {
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
    }

    /// Makes a sleeping relay look for events now.
    package func wake() {
        lifetime.signals.work.signal()
    }

    /// Publishes until nothing more can be published at present, or the deadline has come.
    /// - Returns: Whether everything that was due was published. Dead letters and events in back-off are not due.
    package func flush(deadline: ContinuousClock.Instant) async -> Bool {
        var failures = 0
        while !Task.isCancelled {
            let remaining = ContinuousClock.now.duration(to: deadline)
            guard remaining > .zero else { break }
            do {
                switch try await drain(within: min(remaining, publishLimit), until: deadline) {
                case .idle:
                    if inFlight.load(ordering: .acquiring) == 0 { return true }
                    try? await Task.sleep(for: .milliseconds(5))
                    continue
                case .worked:
                    failures = 0
                    continue
                case .outage: failures += 1
                }
            } catch {
                failures += 1
                storeOutage.failed(error)
            }
            try? await Task.sleep(for: min(configuration.unavailability.delay(afterFailures: failures), remaining))
        }
        return false
    }

    // MARK: The loop

    /// Publishing must be over before the lease is.
    private var publishLimit: Duration { configuration.lease * 2 / 3 }

    private var batchSize: Int { max(1, min(configuration.batchSize, connector.maximumBatchSize)) }

    private var runLength: Int { max(1, min(configuration.runLength, connector.maximumRunLength)) }

    private func drainUntilStopped() async {
        var pacing = OutboxPacing()
        var idle = IdlePause()
        while !lifetime.isStopping {
            do {
                let step = try await drain(within: publishLimit)
                storeOutage.succeeded()
                switch step {
                case .idle: try await rest(&pacing, &idle)
                case .worked(let count):
                    idle.worked()
                    busOutage.succeeded()
                    if pacing.worked() { try await store.disarm() }
                    if pacing.isBusy, count < batchSize { try? await Task.sleep(for: configuration.linger) }
                case .outage:
                    await lifetime.rest(configuration.unavailability.delay(afterFailures: pacing.failed()))
                }
            } catch {
                if lifetime.isStopping { return }
                storeOutage.failed(error)
                await lifetime.rest(configuration.unavailability.delay(afterFailures: pacing.failed()))
            }
        }
    }

    private func rest(_ pacing: inout OutboxPacing, _ idle: inout IdlePause) async throws(MessageBusError) {
        let outlook = try await store.outlook()
        switch pacing.rest(oldestTransaction: outlook.oldestTransaction) {
        case .arm:
            pacing.armed(barrier: try await store.arm())
        case .look: break
        case .wait(let duration): await lifetime.signals.work.wait(atMost: duration)
        case .sleep:
            await lifetime.signals.work.wait(
                atMost: idle.next(timeUntilDue: outlook.timeUntilDue, pollInterval: configuration.pollInterval))
            pacing.slept()
        }
    }

    // MARK: One batch

    private enum Step {
        /// Nothing was due.
        case idle
        case worked(Int)
        case outage
    }

    /// Claims, publishes and settles one batch. Whatever happens, no claim is kept longer than its lease.
    private func drain(
        within limit: Duration, until deadline: ContinuousClock.Instant? = nil
    ) async throws(MessageBusError) -> Step {
        inFlight.add(1, ordering: .relaxed)
        defer { inFlight.subtract(1, ordering: .releasing) }
        guard try await busHasEverything() else { return .outage }
        let claim = try await store.claim(limit: batchSize, runLength: runLength, lease: configuration.lease)
        guard !claim.events.isEmpty else { return .idle }
        let outcomes: [PublishOutcome]
        do {
            let connector = self.connector
            let events = claim.events.map(\.event)
            let spans = PublishingSpans(events)
            do throws(MessageBusError) {
                outcomes = try await withDeadline(limit) { () async throws(MessageBusError) in
                    try await connector.publish(events)
                }
            } catch {
                spans?.failed()
                throw error
            }
            spans?.ended(outcomes)
        } catch {
            busOutage.failed(error, metadata: ["events": "\(claim.events.count)"])
            recollection.withLock { $0 = nil }
            try await release(claim, until: deadline)
            return .outage
        }
        try await settle(claim, outcomes, until: deadline)
        return .worked(claim.events.count)
    }

    /// Makes events pending again that the bus may have lost, before later ones are published.
    /// - Returns: False when the bus is away, or another relay is about to do so.
    private func busHasEverything() async throws(MessageBusError) -> Bool {
        guard let memory else { return true }
        if let last = recollection.withLock({ $0 }), last.duration(to: .now) < configuration.recollectionInterval {
            return true
        }
        let present = try await store.present()
        do throws(MessageBusError) {
            switch try await memory.check(present.outbox, at: present.now) {
            case .kept: break
            case .awaitsOther: return false
            case .lost(let since, let token):
                let count = try await store.publishAgain(from: since, to: present.now)
                logger.warning(
                    "the bus may have lost events; they are published again",
                    metadata: ["events": "\(count)", "since": "\(since)"])
                guard try await memory.recovered(present.outbox, at: present.now, token: token) else { return false }
            }
        } catch {
            if case .database = error { throw error }
            busOutage.failed(error)
            return false
        }
        recollection.withLock { $0 = .now }
        return true
    }

    private func listen() async {
        guard let listener else { return }
        await lifetime.signals.signal(onNotificationsOf: "outbox", from: listener, logger: logger)
    }
}
