import Entities
import MessageBus
import PostgresClient
import Primitives

/// SQL of the feed: `main.event_feed` with its counters.
///
/// **No gaps.** Numbers are taken from counters in the transaction that stores the event, so that a number exists if and only if
/// its event does. The rows of the counters stay locked until the commit: first that of the tenant, then that of all events, in
/// every transaction. So a number is visible only together with all that are smaller.
struct EventFeedRepository: Sendable {
    let pool: PostgresPool

    /// The statement that numbers and stores events in their order, makes a delivery for each endpoint that wants one of them, and
    /// wakes the queues of these. Its number of affected rows is that of the queues.
    static func record(_ events: [(event: EventEnvelope, published: PublishedEvent)]) -> BoundStatement {
        BoundStatement(
            recording,
            [
                .identifierArray(events.map { $0.event.tenantID ?? Self.noTenant }),
                .identifierArray(events.map(\.event.id)),
                .textArray(events.map(\.event.type)), .int64Array(events.map(\.event.occurredAt.microseconds)),
                .textArray(events.map { String(decoding: $0.published.data(of: $0.event), as: UTF8.self) }),
                .int64Array(events.map { $0.published.isShownToTenants && $0.event.tenantID != nil ? 1 : 0 }),
                .textArray(events.map { $0.event.trace?.stored ?? "" }),
            ])
    }

    /// Settings for ``record(_:)``. A plan for each number of events costs more to make than it saves.
    static let planning = [PostgresSetting("plan_cache_mode", "force_generic_plan")]

    /// Where events without a tenant are counted.
    private static let noTenant = Identifier(high: 0, low: 0)

    /// Parameters: tenants, events, types, microseconds since 1970, data, 1 for what a tenant's own users see, traces. Counters are
    /// locked in the order of their tenants before the one of all events, and the queues in the order of their ids, as the sender
    /// does.
    private static let recording: PostgresStatement = """
        WITH incoming AS MATERIALIZED (
            SELECT counter_id, nullif(counter_id, '00000000-0000-0000-0000-000000000000') AS tenant_id, event_id, type,
                'epoch'::timestamptz + microseconds * interval '1 microsecond' AS occurred_at, data, shown::integer, place,
                nullif(traceparent, '') AS traceparent,
                row_number() OVER later - 1 AS following, sum(shown::integer) OVER later - shown AS own_following
            FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::text[])
                WITH ORDINALITY AS event (counter_id, event_id, type, microseconds, data, shown, traceparent, place)
            WINDOW later AS (PARTITION BY counter_id ORDER BY place DESC)),
        counter AS (
            INSERT INTO main.event_counters AS counter (tenant_id, last_sequence, last_own_sequence)
            SELECT counter_id, count(*), sum(shown) FROM incoming GROUP BY counter_id ORDER BY counter_id
            ON CONFLICT (tenant_id) DO UPDATE SET last_sequence = counter.last_sequence + excluded.last_sequence,
                last_own_sequence = counter.last_own_sequence + excluded.last_own_sequence
            RETURNING tenant_id AS counter_id, last_sequence, last_own_sequence),
        whole AS (
            UPDATE main.event_positions SET last_position = last_position + cardinality($2::uuid[])
            WHERE id AND (SELECT count(*) FROM counter) > 0 RETURNING last_position),
        recorded AS (
            INSERT INTO main.event_feed
                (position, tenant_id, sequence, own_sequence, event_id, type, occurred_at, recorded_on, data)
            SELECT last_position - cardinality($2::uuid[]) + place, tenant_id, last_sequence - following,
                CASE WHEN shown > 0 THEN last_own_sequence - own_following END, event_id, type, occurred_at,
                clock_timestamp(), data
            FROM incoming JOIN counter USING (counter_id) CROSS JOIN whole ORDER BY place
            RETURNING *),
        delivered AS (
            INSERT INTO main.webhook_deliveries
                (id, endpoint_id, owner_id, tenant_id, event_id, event_type, body, next_attempt_on, traceparent)
            SELECT main.webhook_delivery_id(endpoint.id, event.event_id), endpoint.id, endpoint.owner_id, event.tenant_id,
                event.event_id, event.type,
                main.webhook_body(
                    event.type, event.occurred_at,
                    CASE WHEN endpoint.owner_id IS NOT NULL THEN event.own_sequence
                        WHEN endpoint.tenant_id IS NOT NULL THEN event.sequence ELSE event.position END,
                    event.event_id, event.tenant_id, event.data),
                now(), (SELECT traceparent FROM incoming WHERE incoming.event_id = event.event_id)
            FROM recorded AS event JOIN main.webhook_endpoints AS endpoint
                ON endpoint.tenant_id = event.tenant_id OR endpoint.tenant_id IS NULL
            WHERE endpoint.is_enabled AND NOT endpoint.deleted
                AND (endpoint.event_types = '{}' OR event.type = ANY (endpoint.event_types))
                AND (endpoint.owner_id IS NULL OR event.own_sequence IS NOT NULL)
            ON CONFLICT (id) DO NOTHING RETURNING endpoint_id),
        waking AS MATERIALIZED (
            SELECT queue.endpoint_id FROM main.webhook_queues AS queue
            WHERE queue.endpoint_id IN (SELECT endpoint_id FROM delivered)
            ORDER BY queue.endpoint_id FOR UPDATE)
        UPDATE main.webhook_queues AS queue SET due_on = least(queue.due_on, now())
        FROM waking WHERE queue.endpoint_id = waking.endpoint_id AND queue.is_active
        """

    // MARK: Reading

    /// A page of a feed.
    struct Page: Sendable {
        let events: [FeedEvent]
        /// The first number that is still kept; the next one that will be given if nothing is kept.
        let first: Int64
        /// The last number that was given.
        let last: Int64
    }

    /// The events after a number.
    /// - Parameters:
    ///   - after: Nil: from the first that is kept.
    ///   - limit: At most so many.
    func page(of feed: EventFeed, after: Int64?, limit: Int, in scope: TenantScope) async throws -> Page {
        let tenant: [PostgresValue] = feed.tenant.map { [.identifier($0)] } ?? []
        var batch = PostgresBatch(settings: scope.settings)
        // The bounds come last: what was purged between the statements is missed by the first and known to the second.
        let events = batch.add(feed.events, [.int64(after ?? 0), .int64(Int64(limit))] + tenant)
        let bounds = batch.add(feed.bounds, tenant)
        let results = try await pool.run(batch, as: .read)
        guard let row = results[bounds].first else { return Page(events: [], first: 1, last: 0) }
        return Page(
            events: try results[events].rows.map(FeedEvent.init), first: try row.int64(0), last: try row.int64(1))
    }

    // MARK: Retention

    /// Most events that are deleted in one transaction.
    static let purgeSize = 1000

    /// Deletes the oldest events, at most ``purgeSize``, as far as they were recorded before an instant. What is kept has no
    /// gaps.
    /// - Returns: How many were deleted.
    func purge(before instant: Timestamp) async throws(PostgresError) -> Int {
        try await pool.query(Self.purging, [.timestamp(instant)], settings: TenantScope.everyTenant).affectedRows
    }

    private static let purging = PostgresStatement(
        """
        WITH oldest AS (
            SELECT position, recorded_on FROM main.event_feed ORDER BY position LIMIT \(purgeSize)),
        kept AS (
            SELECT coalesce(min(position) FILTER (WHERE recorded_on >= $1), max(position) + 1) AS first FROM oldest)
        DELETE FROM main.event_feed WHERE position IN (SELECT position FROM oldest)
            AND position < (SELECT first FROM kept)
        """)
}
