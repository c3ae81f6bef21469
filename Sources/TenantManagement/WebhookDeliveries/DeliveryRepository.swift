import Entities
import PostgresClient
import Primitives

/// SQL of deliveries that people ask for: tests and replays. Queues are locked first, as the sender does.
struct DeliveryRepository: Sendable {
    let pool: PostgresPool

    /// Events of one replay at most.
    static let maximumReplay = 10_000

    /// Stores a delivery of a test.
    /// - Throws: ``DeliveryError/noEndpoint``.
    func insertTest(_ id: Identifier, endpoint: Identifier, body: [UInt8], in context: WriteContext) async throws {
        var batch = context.batch(resource: id)
        let guarding = batch.add(Self.guarding, [.identifier(endpoint)])
        batch.add(
            Self.insertingTest,
            [.identifier(id), .identifier(endpoint), .text(Self.testType), .bytes(body)])
        batch.add(Self.waking, [.identifier(endpoint)])
        batch.add(AuditedCommand.statement("test", WebhookEndpoint.entity.name, id: endpoint, tenant: context.tenantID))
        try await run(batch, orThrow: .noEndpoint, at: guarding)
    }

    /// The type of deliveries that are tests.
    static let testType = "WEBHOOK_TEST"

    /// Makes a delivery due at once, with all its attempts ahead.
    /// - Throws: ``DeliveryError/noDelivery``, ``DeliveryError/inProgress``.
    func replay(_ delivery: Identifier, in context: WriteContext) async throws {
        var batch = context.batch(resource: delivery)
        let locking = batch.add(Self.lockingQueue, [.identifier(delivery)])
        let reopening = batch.add(Self.reopening, [.identifier(delivery)])
        batch.add(Self.wakingQueueOf, [.identifier(delivery)])
        batch.add(
            AuditedCommand.statement("replay", WebhookDelivery.entity.name, id: delivery, tenant: context.tenantID))
        do {
            _ = try await pool.run(batch)
        } catch {
            guard error.isGuardViolation, let index = error.statementIndex else { throw error }
            if index == locking { throw DeliveryError.noDelivery }
            if index == reopening { throw DeliveryError.inProgress }
            throw error
        }
    }

    /// What a replay of a range asks for.
    struct Range: Sendable {
        let from: Timestamp
        let to: Timestamp
        /// Nil: all types of the endpoint.
        let types: [String]?
        let reason: String?
    }

    /// Makes deliveries of the events that the feed has recorded within a range, those that were made before once more, and
    /// records the replay.
    /// - Returns: How many.
    /// - Throws: ``DeliveryError/noEndpoint``, ``DeliveryError/tooManyEvents(limit:)``.
    func replay(
        _ range: Range, to endpoint: Identifier, as id: Identifier, in context: WriteContext
    ) async throws -> Int {
        var batch = context.batch(resource: id)
        let guarding = batch.add(Self.guarding, [.identifier(endpoint)])
        let replaying = batch.add(
            Self.replaying,
            [
                .identifier(endpoint), .timestamp(range.from), .timestamp(range.to),
                .optional(range.types, PostgresValue.textArray), .int64(Int64(Self.maximumReplay)), .identifier(id),
                .optional(range.reason, PostgresValue.text),
                .optional(context.actor.identifier) { .identifier($0) },
            ])
        batch.add(Self.waking, [.identifier(endpoint)])
        do {
            return try await pool.run(batch, as: .bulkWrite)[replaying].first?.int(0) ?? 0
        } catch {
            guard error.isGuardViolation, let index = error.statementIndex else { throw error }
            if index == guarding { throw DeliveryError.noEndpoint }
            if index == replaying { throw DeliveryError.tooManyEvents(limit: Self.maximumReplay) }
            throw error
        }
    }

    /// How many deliveries a replay has made.
    /// - Throws: ``DeliveryError/noEndpoint``.
    func replayed(_ id: Identifier, in scope: TenantScope) async throws -> Int {
        let result = try await pool.query(
            Self.readingReplay, [.identifier(id)], settings: scope.settings, as: .read)
        guard let row = result.first else { throw DeliveryError.noEndpoint }
        return try row.int(0)
    }

    private func run(_ batch: PostgresBatch, orThrow violation: DeliveryError, at index: Int) async throws {
        do {
            _ = try await pool.run(batch)
        } catch {
            guard error.isGuardViolation, error.statementIndex == index else { throw error }
            throw violation
        }
    }

    // MARK: Retention

    /// Most deliveries that are deleted in one transaction.
    static let purgeSize = 1000

    /// Deletes the oldest deliveries that were made before an instant, whatever their state, with their attempts.
    /// - Returns: How many, at most ``purgeSize``.
    func purge(before instant: Timestamp) async throws(PostgresError) -> Int {
        try await pool.query(Self.purging, [.timestamp(instant)], settings: TenantScope.everyTenant).affectedRows
    }

    /// The same for records of replays.
    func purgeReplays(before instant: Timestamp) async throws(PostgresError) -> Int {
        try await pool.query(Self.purgingReplays, [.timestamp(instant)], settings: TenantScope.everyTenant).affectedRows
    }

    // MARK: SQL

    /// Fails (`isGuardViolation`) when there is no such endpoint. Parameter: endpoint.
    private static let guarding: PostgresStatement = """
        WITH queue AS (
            SELECT queue.endpoint_id FROM main.webhook_queues AS queue
            JOIN main.webhook_endpoints AS endpoint ON endpoint.id = queue.endpoint_id
            WHERE queue.endpoint_id = $1 AND NOT endpoint.deleted FOR UPDATE OF queue)
        SELECT 1 / count(*) FROM queue
        """

    /// Parameters: delivery, endpoint, type, body.
    private static let insertingTest: PostgresStatement = """
        INSERT INTO main.webhook_deliveries
            (id, endpoint_id, owner_id, tenant_id, event_id, event_type, body, next_attempt_on)
        SELECT $1, id, owner_id, owner_id, $1, $3, $4, now() FROM main.webhook_endpoints WHERE id = $2
        """

    /// Parameter: endpoint.
    private static let waking: PostgresStatement = """
        UPDATE main.webhook_queues SET due_on = least(due_on, now()) WHERE endpoint_id = $1 AND is_active
        """

    /// Parameter: delivery.
    private static let lockingQueue: PostgresStatement = """
        WITH queue AS (
            SELECT queue.endpoint_id FROM main.webhook_queues AS queue
            JOIN main.webhook_deliveries AS delivery ON delivery.endpoint_id = queue.endpoint_id
            JOIN main.webhook_endpoints AS endpoint ON endpoint.id = queue.endpoint_id
            WHERE delivery.id = $1 AND NOT endpoint.deleted FOR UPDATE OF queue)
        SELECT 1 / count(*) FROM queue
        """

    private static let reopened = """
        status = 'PENDING', failures = 0, next_attempt_on = date_trunc('milliseconds', now()), claim = NULL,
            completed_on = NULL, row_version = delivery.row_version + 1
        """

    /// Parameter: delivery.
    private static let reopening = PostgresStatement(
        """
        WITH reopened AS (
            UPDATE main.webhook_deliveries AS delivery SET \(reopened)
            WHERE id = $1 AND (claim IS NULL OR next_attempt_on <= now()) RETURNING 1)
        SELECT 1 / count(*) FROM reopened
        """)

    /// Parameter: delivery.
    private static let wakingQueueOf: PostgresStatement = """
        UPDATE main.webhook_queues AS queue SET due_on = least(queue.due_on, now())
        FROM main.webhook_deliveries AS delivery
        WHERE delivery.id = $1 AND queue.endpoint_id = delivery.endpoint_id AND queue.is_active
        """

    /// Parameters: endpoint, from, to, types, most events, replay, reason, actor.
    private static let replaying = PostgresStatement(
        """
        WITH matching AS MATERIALIZED (
            SELECT event.*, endpoint.id AS endpoint_id, endpoint.owner_id, endpoint.tenant_id AS scope
            FROM main.webhook_endpoints AS endpoint JOIN main.event_feed AS event
                ON endpoint.tenant_id = event.tenant_id OR endpoint.tenant_id IS NULL
            WHERE endpoint.id = $1 AND event.recorded_on >= $2 AND event.recorded_on <= $3
                AND (endpoint.event_types = '{}' OR event.type = ANY (endpoint.event_types))
                AND ($4::text[] IS NULL OR event.type = ANY ($4::text[]))
                AND (endpoint.owner_id IS NULL OR event.own_sequence IS NOT NULL)
            ORDER BY event.position LIMIT $5 + 1),
        made AS (
            INSERT INTO main.webhook_deliveries AS delivery
                (id, endpoint_id, owner_id, tenant_id, event_id, event_type, body, next_attempt_on)
            SELECT main.webhook_delivery_id(endpoint_id, event_id), endpoint_id, owner_id, tenant_id, event_id, type,
                main.webhook_body(
                    type, occurred_at,
                    CASE WHEN owner_id IS NOT NULL THEN own_sequence WHEN scope IS NOT NULL THEN sequence ELSE position END,
                    event_id, tenant_id, data),
                now()
            FROM matching
            ON CONFLICT (id) DO UPDATE SET \(reopened)
            WHERE delivery.status <> 'PENDING'),
        recorded AS (
            INSERT INTO main.webhook_replays
                (id, endpoint_id, owner_id, from_on, to_on, event_types, reason, deliveries, created_by)
            SELECT $6, id, owner_id, date_trunc('milliseconds', $2::timestamptz),
                date_trunc('milliseconds', $3::timestamptz), $4::text[], $7::text, (SELECT count(*) FROM matching), $8::uuid
            FROM main.webhook_endpoints WHERE id = $1)
        SELECT count(*) / (count(*) <= $5)::integer FROM matching
        """)

    private static let readingReplay: PostgresStatement = "SELECT deliveries FROM main.webhook_replays WHERE id = $1"

    private static let purging = PostgresStatement(
        """
        DELETE FROM main.webhook_deliveries WHERE id IN (
            SELECT id FROM main.webhook_deliveries WHERE created_on < $1
            ORDER BY created_on LIMIT \(purgeSize) FOR UPDATE SKIP LOCKED)
        """)

    private static let purgingReplays = PostgresStatement(
        """
        DELETE FROM main.webhook_replays WHERE id IN (
            SELECT id FROM main.webhook_replays WHERE created_on < $1 ORDER BY created_on LIMIT \(purgeSize))
        """)
}
