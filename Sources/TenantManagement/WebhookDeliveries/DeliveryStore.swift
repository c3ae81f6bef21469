import Entities
import Logging
import PostgresClient
import Primitives
import WorkQueue

/// The deliveries in `main.webhook_deliveries` as leased work. Leases and delays are counted by the database's clock.
///
/// A claim goes from queue to queue (`main.webhook_queues`, a row for each endpoint, by the time at which something is due) and
/// takes some deliveries of each. So it never reads the backlog of an endpoint that is slow, and endpoints without due
/// deliveries cost nothing. Queues are locked before their deliveries, in the order of their ids, by whoever changes both.
struct DeliveryStore: LeasedStore {
    private let pool: PostgresPool
    private let secrets: WebhookSecretRepository
    private let limits: DeliveryLimits
    private let clock: any WallClock
    private let logger: Logger
    private let claims = UnansweredClaims()
    private let announcements = WorkAnnouncements()

    init(
        pool: PostgresPool, secrets: WebhookSecretRepository, limits: DeliveryLimits, clock: any WallClock,
        logger: Logger
    ) {
        self.pool = pool
        self.secrets = secrets
        self.limits = limits
        self.clock = clock
        self.logger = logger
    }

    /// Notifies the worker of this process that deliveries were committed.
    func announce() { announcements.announce() }

    func watch(_ signals: WorkSignals) async { announcements.watch(signals) }

    // MARK: Claiming

    func claim(_ request: ClaimRequest) async throws -> [QueuedDelivery] {
        try await claims.claim { claim in
            _ = try await pool.query(
                DeliveryStatements.releasingClaim, [.identifier(claim)], settings: TenantScope.everyTenant)
        } taking: { claim in
            try await take(claim, request)
        }
    }

    private func take(_ claim: Identifier, _ request: ClaimRequest) async throws -> [QueuedDelivery] {
        var batch = PostgresBatch(settings: TenantScope.everyTenant)
        let identity = PostgresValue.identifier(claim)
        let perEndpoint = PostgresValue.int64(Int64(limits.perEndpoint))
        let lease = PostgresValue.microseconds(request.lease)
        batch.add(
            DeliveryStatements.claimingQueues,
            [
                .int64(Int64(request.limit)), identity, .textArray(request.fullBulkheads.sorted()),
                .int64(Int64(limits.endpointsPerHost)),
            ])
        let deliveries = batch.add(
            DeliveryStatements.claimingDeliveries, [identity, perEndpoint, lease, .int64(Int64(request.limit))])
        let keys = batch.add(DeliveryStatements.readingKeys, [identity])
        batch.add(DeliveryStatements.returningQueues, [identity, perEndpoint, lease])
        let results = try await pool.run(batch)
        var opened: [Identifier: [WebhookKey]] = [:]
        for row in results[keys].rows {
            let endpoint = try row.identifier(0)
            guard let key = secrets.open(try row.bytes(2), id: try row.identifier(1), endpoint: endpoint) else {
                continue
            }
            opened[endpoint, default: []].append(key)
        }
        return try results[deliveries].rows.map { row in
            let endpoint = try row.identifier(1)
            return QueuedDelivery(
                handle: RowClaim(row: try row.identifier(0), claim: claim), endpoint: endpoint,
                owner: try row.identifierIfPresent(2), eventType: try row.text(3), body: try row.bytes(4),
                failures: try row.int(5), url: try row.text(6), host: try row.text(7),
                failingFor: try row.int64IfPresent(8).map { .microseconds($0) }, keys: opened[endpoint] ?? [],
                trace: try row.textIfPresent(9).flatMap { TraceContext(stored: $0) })
        }
    }

    func renew(_ items: [QueuedDelivery], lease: Duration) async throws -> Set<RowClaim> {
        try RowClaim.all(
            in: await pool.query(
                DeliveryStatements.renewal, RowClaim.arrays(items.map(\.handle)) + [.microseconds(lease)],
                settings: TenantScope.everyTenant))
    }

    func timeUntilDue() async throws -> Duration? {
        let result = try await pool.query(
            DeliveryStatements.due, settings: TenantScope.everyTenant, as: .read)
        return try result.first?.int64IfPresent(0).map { .microseconds($0) }
    }

    /// Counts endpoints that have due deliveries, since each has a queue of its own.
    func backlog() async throws -> WorkBacklog? {
        try WorkBacklog(
            queue: "webhooks",
            await pool.query(DeliveryStatements.waiting, settings: TenantScope.everyTenant, as: .read))
    }

    // MARK: Settling

    func settle(
        _ settlements: [(item: QueuedDelivery, settlement: Settlement<DeliveryOutcome>)]
    ) async throws -> Set<RowClaim> {
        let endpoints = PostgresValue.identifierArray(Array(Set(settlements.map(\.item.endpoint))))
        var batch = PostgresBatch(settings: TenantScope.everyTenant)
        batch.add(DeliveryStatements.lockingQueues, [endpoints])
        let first = batch.count
        for (item, settlement) in settlements { batch.add(statement(item, settlement)) }
        let last = batch.count
        batch.add(DeliveryStatements.schedulingQueues, [endpoints, .int64(Int64(limits.perEndpoint))])
        var valid: Set<RowClaim> = []
        for result in try await pool.run(batch)[first..<last] { valid.formUnion(try RowClaim.all(in: result)) }
        return valid
    }

    private func statement(
        _ item: QueuedDelivery, _ settlement: Settlement<DeliveryOutcome>
    ) -> BoundStatement {
        switch settlement {
        case .done(let outcome): DeliveryStatements.end(item.handle, outcome)
        case .released(let delay):
            BoundStatement(DeliveryStatements.release, item.handle.values + [.microseconds(delay)])
        // The sender makes outcomes of whatever an attempt may end with: this was its own mistake.
        case .retry(let delay, let reason): DeliveryStatements.end(item.handle, failure(reason, delay))
        case .deadLetter(let reason): DeliveryStatements.end(item.handle, failure(reason, nil))
        }
    }

    private func failure(_ reason: String, _ delay: Duration?) -> DeliveryOutcome {
        logger.error("A delivery could not be attempted", metadata: ["reason": "\(reason)"])
        return .failed(
            AttemptReport(
                startedOn: clock.now(), duration: .zero, status: nil, error: "it could not be sent",
                response: nil), retryAfter: delay)
    }
}

/// How much of the sender one receiver may occupy.
struct DeliveryLimits: Sendable, Hashable {
    /// Deliveries of one endpoint at the same time, by all nodes together.
    let perEndpoint: Int
    /// Deliveries to one host, or of one tenant, at the same time by one node.
    let perBulkhead: Int

    /// Endpoints of one host in one claim: more deliveries than there is place for would have to be given back.
    var endpointsPerHost: Int { max(1, perBulkhead / max(perEndpoint, 1)) }
}
