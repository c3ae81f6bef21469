import Crypto
import Entities
import FoundationEssentials
import PostgresClient
import Primitives

/// SQL that stores events: one statement for a whole batch, which also adds them to the sums.
struct UsageEventRepository: Sendable {
    let pool: PostgresPool

    /// An event with its meter.
    struct Item: Sendable {
        let event: UsageEvent
        let meter: Identifier
    }

    /// Stores events whose ids their tenants have not used yet.
    /// - Returns: How many were new.
    /// - Throws: ``UsageError/eventIDReused(item:)``.
    func store(_ items: [Item], in context: WriteContext) async throws -> Int {
        var batch = context.batch(resource: nil)
        let first = batch.count
        batch.add(contentsOf: Self.statements(items, at: context.now))
        do {
            return try await pool.run(batch)[first + 1].first?.int(0) ?? 0
        } catch {
            guard error.isGuardViolation, error.statementIndex == first + 2 else { throw error }
            let found = try await pool.query(
                Self.finding, Self.values(items), settings: TenantScope.everyTenant, as: .read)
            throw UsageError.eventIDReused(item: max(0, (try found.first?.int(0) ?? 1) - 1))
        }
    }

    /// The statements for a transaction: locks what decides when events are billed, stores the events (its row is how many were
    /// new), and fails if an id stands for another event.
    static func statements(_ items: [Item], at now: Timestamp) -> [BoundStatement] {
        let values = values(items)
        return [
            BoundStatement(locking, [values[0], values[2]]), BoundStatement(storing, values + [.timestamp(now)]),
            BoundStatement(comparing, values),
        ]
    }

    private static func values(_ items: [Item]) -> [PostgresValue] {
        [
            .identifierArray(items.map(\.event.tenant)), .textArray(items.map(\.event.id)),
            .identifierArray(items.map(\.meter)), .int64Array(items.map(\.event.at.microseconds)),
            .textArray(items.map { $0.event.quantity ?? "1" }),
            .textArray(items.map { item in item.event.value.map { digest($0, of: item.event.tenant) } ?? "" }),
        ]
    }

    /// What is stored of a value: the same value of another tenant has another digest.
    private static func digest(_ value: String, of tenant: Identifier) -> String {
        Hex.encode(Array(SHA256.hash(data: Data("\(tenant)\n\(value)".utf8))))
    }

    /// A subscription that closes a period at this moment waits, or is waited for: an event is in the period or after it.
    private static let locking: PostgresStatement = """
        SELECT 1 FROM main.usage_closings
        WHERE (tenant_id, meter_id) IN (SELECT DISTINCT tenant, meter FROM unnest($1::uuid[], $2::uuid[]) AS item (tenant, meter))
        ORDER BY tenant_id, meter_id FOR SHARE
        """

    private static let sent = """
        SELECT tenant, event, meter, timestamptz 'epoch' + at * interval '1 microsecond' AS occurred_on,
            quantity::numeric AS quantity, decode(nullif(value, ''), 'hex') AS value_hash, place
        FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::bigint[], $5::text[], $6::text[]) WITH ORDINALITY
            AS item (tenant, event, meter, at, quantity, value, place)
        """

    /// Rows are written in the order of their keys, so that two batches never wait for each other.
    private static let storing = PostgresStatement(
        """
        WITH sent AS (\(sent)), stored AS (
            INSERT INTO main.usage_events (
                tenant_id, event_id, meter_id, occurred_on, billed_on, quantity, value_hash, received_on)
            SELECT sent.tenant, sent.event, sent.meter, sent.occurred_on,
                greatest(
                    date_bin('15 minutes', sent.occurred_on, timestamptz 'epoch'),
                    coalesce(closing.closed_through, '-infinity')),
                sent.quantity, sent.value_hash, $7
            FROM sent LEFT JOIN main.usage_closings AS closing
                ON closing.tenant_id = sent.tenant AND closing.meter_id = sent.meter
            ORDER BY sent.tenant, sent.event
            ON CONFLICT (tenant_id, event_id) DO NOTHING
            RETURNING tenant_id, event_id, meter_id, occurred_on, billed_on, quantity, value_hash
        ), pieces AS (
            SELECT tenant_id, meter_id, span, event_id, occurred_on, quantity, value_hash, starts_on,
                CASE span WHEN 0 THEN billed_on ELSE starts_on END AS billed_on
            FROM stored CROSS JOIN LATERAL (VALUES
                (0::smallint, date_bin('15 minutes', occurred_on, timestamptz 'epoch')),
                (1::smallint, date_trunc('day', occurred_on, 'UTC')),
                (2::smallint, date_trunc('month', occurred_on, 'UTC'))) AS spans (span, starts_on)
        ), summed AS (
            INSERT INTO main.usage_rollups AS kept (
                tenant_id, meter_id, span, starts_on, billed_on, events, total, maximum, latest, latest_on, latest_event)
            SELECT tenant_id, meter_id, span, starts_on, billed_on, count(*), sum(quantity), max(quantity),
                (array_agg(quantity ORDER BY occurred_on DESC, event_id DESC))[1], max(occurred_on),
                (array_agg(event_id ORDER BY occurred_on DESC, event_id DESC))[1]
            FROM pieces GROUP BY tenant_id, meter_id, span, starts_on, billed_on
            ORDER BY tenant_id, span, starts_on, meter_id, billed_on
            ON CONFLICT (tenant_id, span, starts_on, meter_id, billed_on) DO UPDATE SET
                events = kept.events + excluded.events, total = kept.total + excluded.total,
                maximum = greatest(kept.maximum, excluded.maximum),
                latest = CASE WHEN (excluded.latest_on, excluded.latest_event) > (kept.latest_on, kept.latest_event)
                    THEN excluded.latest ELSE kept.latest END,
                latest_event = CASE WHEN (excluded.latest_on, excluded.latest_event) > (kept.latest_on, kept.latest_event)
                    THEN excluded.latest_event ELSE kept.latest_event END,
                latest_on = greatest(kept.latest_on, excluded.latest_on)
        ), valued AS (
            INSERT INTO main.usage_values (tenant_id, meter_id, span, starts_on, billed_on, value_hash)
            SELECT DISTINCT tenant_id, meter_id, span, starts_on, billed_on, value_hash FROM pieces
            WHERE value_hash IS NOT NULL
            ORDER BY tenant_id, span, starts_on, meter_id, billed_on, value_hash
            ON CONFLICT DO NOTHING
        ), checked AS (
            INSERT INTO main.usage_checks AS known (tenant_id, meter_id, due_at)
            SELECT DISTINCT stored.tenant_id, stored.meter_id, now()
            FROM stored JOIN main.meters AS meter ON meter.id = stored.meter_id
            WHERE meter.feature_key IS NOT NULL AND meter.alert_thresholds <> '[]'
            ORDER BY stored.tenant_id, stored.meter_id
            ON CONFLICT (tenant_id, meter_id) DO UPDATE SET
                version = known.version + 1, due_at = coalesce(known.due_at, excluded.due_at)
        )
        SELECT count(*) FROM stored
        """)

    private static let different = """
        FROM sent JOIN main.usage_events AS known ON known.tenant_id = sent.tenant AND known.event_id = sent.event
        WHERE known.meter_id <> sent.meter OR known.occurred_on <> sent.occurred_on OR known.quantity <> sent.quantity
            OR known.value_hash IS DISTINCT FROM sent.value_hash
        """

    private static let comparing = PostgresStatement(
        "WITH sent AS (\(sent)) SELECT 1 / (1 - count(*)) FROM (SELECT 1 \(different) LIMIT 1) AS found")

    private static let finding = PostgresStatement(
        "WITH sent AS (\(sent)) SELECT min(place) \(different)")
}
