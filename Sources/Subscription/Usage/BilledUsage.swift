import Entities
import PostgresClient
import Primitives

/// The usage that a subscription bills, as the member `usage` of an item of the engine's scenario wants it.
///
/// A tenant's use of a meter is billed by one subscription, the one that has opened it. An item of a subscription is metered by the meter
/// whose key is the item's id. What was billed never changes: once a period is closed, events that come late count on its end, so
/// that they are an adjustment on the next invoice.
struct BilledUsage: Sendable {
    let pool: PostgresPool

    /// A quantity at an instant.
    struct Record: Sendable, Hashable {
        let at: Timestamp
        let quantity: String
    }

    /// How fine the records are.
    enum Grain: Sendable, Hashable {
        /// A record for each event: for prices that are due per event.
        case event
        /// One for each quarter of an hour.
        case quarterHour
        /// One for each day in a time zone of the IANA database.
        case day(timeZone: String)
    }

    /// Records of one answer; more are an error, so that nothing is left out of an invoice.
    static let maximumRecords = 100_000

    /// A period has more records than can be billed at that grain.
    struct TooManyRecords: Error, Hashable {}

    /// The use of a meter that a subscription bills in a period, the earliest first.
    ///
    /// Of the aggregations `latest` and `unique`, which do not add up, there is one record for the whole period, on its beginning:
    /// ``value(of:meter:parts:from:to:in:)`` knows what of it was billed before.
    /// - Parameters:
    ///   - meter: Its key.
    ///   - to: Not part of the period.
    /// - Returns: Nothing for a subscription that does not bill the meter, and for a meter that does not exist.
    /// - Throws: ``TooManyRecords``.
    func usage(
        of subscription: Identifier, meter key: String, from: Timestamp, to: Timestamp,
        grain: Grain = .quarterHour, in transaction: PostgresTransaction? = nil
    ) async throws -> [Record] {
        let statement = Self.statement(of: subscription, meter: key, from: from, to: to, grain: grain)
        let result =
            if let transaction { try await transaction.query(statement) } else {
                try await pool.query(statement, settings: TenantScope.everyTenant, as: .search)
            }
        guard result.rowCount <= Self.maximumRecords else { throw TooManyRecords() }
        return try result.rows.map { row in
            Record(at: try row.timestamp(0), quantity: UsageQuantity.trimmed(try row.numericText(1)))
        }
    }

    private static func statement(
        of subscription: Identifier, meter key: String, from: Timestamp, to: Timestamp, grain: Grain
    ) -> BoundStatement {
        let values: [PostgresValue] = [
            .identifier(subscription), .text(key), .timestamp(from), .timestamp(to),
            .int64(Int64(maximumRecords + 1)),
        ]
        return switch grain {
        case .event: BoundStatement(events, values)
        case .quarterHour: BoundStatement(quarters, values)
        case .day(let zone): BoundStatement(days, values + [.text(zone)])
        }
    }

    /// The meter, if the subscription bills it.
    private static let meter = """
        SELECT meter.id, meter.aggregation, closing.tenant_id
        FROM main.usage_closings AS closing JOIN main.meters AS meter ON meter.id = closing.meter_id
        WHERE closing.subscription_id = $1 AND meter.key = $2
        """

    /// None has arrived before it happened, apart from what a sender's clock may be ahead; so older parts of the table are left out. A
    /// test clock may be ahead of all arrivals.
    private static let events = PostgresStatement(
        """
        WITH meter AS (\(meter))
        SELECT greatest(event.occurred_on, event.billed_on), event.quantity
        FROM meter JOIN main.usage_events AS event
            ON event.tenant_id = meter.tenant_id AND event.meter_id = meter.id
                AND event.billed_on >= $3 AND event.billed_on < $4
                AND event.received_on >= CASE
                    WHEN EXISTS (SELECT FROM main.test_clocks AS clock WHERE clock.tenant_id = meter.tenant_id) THEN '-infinity'
                    ELSE $3 - interval '1 hour' END
        ORDER BY 1 LIMIT $5
        """)

    private static func sums(by start: String) -> PostgresStatement {
        PostgresStatement(
            """
            WITH meter AS (\(meter)), kept AS (
                SELECT meter.aggregation, \(start) AS at, rollup.*
                FROM meter JOIN main.usage_rollups AS rollup
                    ON rollup.tenant_id = meter.tenant_id AND rollup.meter_id = meter.id AND rollup.span = 0
                        AND rollup.billed_on >= $3 AND rollup.billed_on < $4)
            SELECT at, CASE aggregation WHEN 'max' THEN max(maximum) ELSE sum(total) END AS quantity
            FROM kept WHERE aggregation IN ('sum', 'count', 'max') GROUP BY at, aggregation
            UNION ALL
            (SELECT $3, latest FROM kept WHERE aggregation = 'latest'
            ORDER BY latest_on DESC, latest_event DESC LIMIT 1)
            UNION ALL
            SELECT $3, count(DISTINCT counted.value_hash)
            FROM meter JOIN main.usage_values AS counted
                ON counted.tenant_id = meter.tenant_id AND counted.meter_id = meter.id AND counted.span = 0
                    AND counted.billed_on >= $3 AND counted.billed_on < $4
            WHERE meter.aggregation = 'unique' HAVING count(*) > 0
            ORDER BY 1 LIMIT $5
            """)
    }

    private static let quarters = sums(by: "rollup.billed_on")
    private static let days = sums(by: "date_trunc('day', rollup.billed_on, $6)")

    // MARK: Billing

    /// The statement by which a subscription begins to bill its tenant's use of meters, from an instant on. For the transaction that
    /// makes the subscription billed. Meters that another subscription of the tenant bills stay with that one until it has ended.
    /// - Parameters:
    ///   - meters: Their keys; unknown ones are left out.
    ///   - counted: Those whose price needs the events themselves.
    static func open(
        _ subscription: Identifier, meters: [String], counted: [String], from start: Timestamp
    ) -> BoundStatement {
        BoundStatement(
            opening, [.identifier(subscription), .textArray(meters), .timestamp(start), .textArray(counted)])
    }

    private static let opening = PostgresStatement(
        """
        INSERT INTO main.usage_closings AS known (tenant_id, meter_id, subscription_id, closed_through, counts_events)
        SELECT subscription.subscriber_id, meter.id, subscription.id, $3, meter.key = ANY($4)
        FROM main.subscriptions AS subscription CROSS JOIN main.meters AS meter
        WHERE subscription.id = $1 AND meter.key = ANY($2) AND NOT meter.deleted
        ORDER BY subscription.subscriber_id, meter.id
        ON CONFLICT (tenant_id, meter_id) DO UPDATE SET
            subscription_id = excluded.subscription_id,
            closed_through = greatest(known.closed_through, excluded.closed_through), counts_events = excluded.counts_events
        WHERE (known.subscription_id <> $1 OR known.closed_through < $3 OR known.counts_events <> excluded.counts_events) AND NOT EXISTS (
            SELECT FROM main.subscriptions AS other WHERE other.id = known.subscription_id AND other.id <> $1
                AND NOT other.deleted AND other.status IN (
                    \(TenantSubscription.Status.pending.rawValue), \(TenantSubscription.Status.active.rawValue),
                    \(TenantSubscription.Status.inactive.rawValue)))
        """)

    /// The statement that closes what a subscription has billed: whatever comes later counts at this instant or after it. For the
    /// transaction that issues the invoice, **before** the usage is read: it waits for events that are being stored.
    /// - Parameter instant: The end of the last period that is billed, on a quarter of an hour.
    static func close(_ subscription: Identifier, through instant: Timestamp) -> BoundStatement {
        BoundStatement(closing, [.identifier(subscription), .timestamp(instant)])
    }

    private static let closing: PostgresStatement = """
        WITH due AS (
            SELECT tenant_id, meter_id FROM main.usage_closings WHERE subscription_id = $1 AND closed_through < $2
            ORDER BY tenant_id, meter_id FOR UPDATE)
        UPDATE main.usage_closings AS known SET closed_through = $2
        FROM due WHERE known.tenant_id = due.tenant_id AND known.meter_id = due.meter_id
        """
}
