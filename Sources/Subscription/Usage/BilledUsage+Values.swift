import Entities
import PostgresClient
import Primitives

// Meters whose use does not add up: the largest quantity, the latest one, and the number of different values.

extension BilledUsage {
    /// A time that has one value.
    struct Part: Sendable, Hashable {
        /// 0: what is billed now. Several parts with a number have one value together.
        let number: Int
        let from: Timestamp
        /// Not part of it.
        let to: Timestamp
    }

    /// What is to be billed of a meter now: its value in what is billed now, and by how much events that came late have changed the
    /// values that were billed before.
    /// - Parameters:
    ///   - parts: What is billed now, and what was billed before.
    ///   - from: The first instant that is billed now.
    ///   - to: The end of it.
    /// - Returns: nil without events.
    func value(
        of subscription: Identifier, meter key: String, parts: [Part], from: Timestamp, to: Timestamp,
        in transaction: PostgresTransaction
    ) async throws -> String? {
        let result = try await transaction.query(
            Self.valuing,
            [
                .identifier(subscription), .text(key), .timestamp(from), .timestamp(to),
                .int64Array(parts.map { Int64($0.number) }), .int64Array(parts.map(\.from.microseconds)),
                .int64Array(parts.map(\.to.microseconds)),
            ])
        return try result.first.map { UsageQuantity.trimmed(try $0.numericText(0)) }
    }

    /// What came late into which part, of one of the tables.
    private static func rows(of table: String, _ columns: String) -> String {
        """
        SELECT piece.number, meter.aggregation, used.billed_on >= $3 AS is_new, \(columns)
        FROM meter CROSS JOIN piece JOIN main.\(table) AS used
            ON used.tenant_id = meter.tenant_id AND used.meter_id = meter.id AND used.span = 0
                AND used.starts_on >= piece.first AND used.starts_on < piece.beyond AND used.billed_on < $4
        WHERE piece.number = 0 OR piece.number IN (
            SELECT earlier.number FROM late JOIN piece AS earlier ON late.starts_on >= earlier.first AND late.starts_on < earlier.beyond)
        """
    }

    private static func latest(_ filter: String = "") -> String {
        "(array_agg(latest ORDER BY latest_on DESC, latest_event DESC)\(filter))[1]"
    }

    private static let valuing = PostgresStatement(
        """
        WITH meter AS (
            SELECT meter.id, meter.aggregation, closing.tenant_id
            FROM main.usage_closings AS closing JOIN main.meters AS meter ON meter.id = closing.meter_id
            WHERE closing.subscription_id = $1 AND meter.key = $2
        ), piece AS MATERIALIZED (
            SELECT number, timestamptz 'epoch' + first * interval '1 microsecond' AS first,
                timestamptz 'epoch' + beyond * interval '1 microsecond' AS beyond
            FROM unnest($5::bigint[], $6::bigint[], $7::bigint[]) AS piece (number, first, beyond)
        ), late AS MATERIALIZED (
            SELECT DISTINCT rollup.starts_on FROM meter JOIN main.usage_rollups AS rollup
                ON rollup.tenant_id = meter.tenant_id AND rollup.meter_id = meter.id AND rollup.span = 0
                    AND rollup.billed_on >= $3 AND rollup.billed_on < $4
            WHERE rollup.starts_on < $3
        ), kept AS (
            \(rows(of: "usage_rollups", "used.maximum, used.latest, used.latest_on, used.latest_event"))
        ), counted AS (
            \(rows(of: "usage_values", "used.value_hash"))
        ), totals AS (
            SELECT number, CASE aggregation WHEN 'max' THEN max(maximum) ELSE \(latest()) END AS current,
                CASE aggregation WHEN 'max' THEN max(maximum) FILTER (WHERE NOT is_new)
                    ELSE \(latest(" FILTER (WHERE NOT is_new)")) END AS before
            FROM kept WHERE aggregation <> 'unique' GROUP BY number, aggregation
            UNION ALL
            SELECT number, count(DISTINCT value_hash), count(DISTINCT value_hash) FILTER (WHERE NOT is_new)
            FROM counted WHERE aggregation = 'unique' GROUP BY number)
        SELECT greatest(0, sum(CASE number WHEN 0 THEN current ELSE current - coalesce(before, 0) END))::numeric
        FROM totals HAVING count(*) > 0
        """)
}
