import Entities
import PostgresClient
import Primitives

/// SQL that reads usage from its sums.
struct UsageRepository: Sendable {
    let pool: PostgresPool

    /// The use of a tenant in a period, by meter.
    /// - Parameter meter: Nil for all.
    func usage(
        of tenant: Identifier, meter: Identifier?, from: Timestamp, to: Timestamp, in scope: TenantScope
    ) async throws -> [UsageReport.Line] {
        let result = try await pool.query(
            Self.total, Self.values(tenant, UsagePieces(from: from, to: to)) + [.optional(meter) { .identifier($0) }],
            settings: scope.settings, as: .search)
        return try result.rows.map { row in
            let aggregation = try Self.aggregation(row, 1)
            return UsageReport.Line(
                meter: try row.text(0), aggregation: aggregation, unit: try row.textIfPresent(2),
                events: try row.int64(3), value: UsageQuantity.trimmed(try row.numericText(4)))
        }
    }

    private static func aggregation(_ row: PostgresRow, _ column: Int) throws -> Meter.Aggregation {
        // The table allows no other values.
        Meter.Aggregation(rawValue: try row.text(column)) ?? .sum
    }

    static func values(_ tenant: Identifier, _ pieces: UsagePieces) -> [PostgresValue] {
        [
            .identifier(tenant), .int64Array(pieces.pieces.map(\.span.rawValue)),
            .int64Array(pieces.pieces.map(\.from.microseconds)), .int64Array(pieces.pieces.map(\.to.microseconds)),
        ]
    }

    /// The pieces of a period, `$2` to `$4`.
    private static let pieces = """
        SELECT span::smallint AS span, timestamptz 'epoch' + first * interval '1 microsecond' AS first,
            timestamptz 'epoch' + beyond * interval '1 microsecond' AS beyond
        FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS piece (span, first, beyond)
        """

    /// What an aggregation makes of the sums of a meter.
    private static let value = """
        CASE meter.aggregation
            WHEN 'sum' THEN used.total WHEN 'count' THEN used.total WHEN 'max' THEN used.maximum WHEN 'latest' THEN used.latest
            ELSE (
                SELECT count(DISTINCT value_hash) FROM piece JOIN main.usage_values AS kept
                    ON kept.tenant_id = $1 AND kept.span = piece.span AND kept.starts_on >= piece.first
                        AND kept.starts_on < piece.beyond AND kept.meter_id = meter.id)
        END
        """

    private static let total = PostgresStatement(
        """
        WITH piece AS (\(pieces)), used AS (
            SELECT kept.meter_id, sum(kept.events)::bigint AS events, sum(kept.total) AS total, max(kept.maximum) AS maximum,
                (array_agg(kept.latest ORDER BY kept.latest_on DESC, kept.latest_event DESC))[1] AS latest
            FROM piece JOIN main.usage_rollups AS kept
                ON kept.tenant_id = $1 AND kept.span = piece.span AND kept.starts_on >= piece.first
                    AND kept.starts_on < piece.beyond
            WHERE $5::uuid IS NULL OR kept.meter_id = $5
            GROUP BY kept.meter_id)
        SELECT meter.key, meter.aggregation, meter.unit, used.events, (\(value))::numeric
        FROM used JOIN main.meters AS meter ON meter.id = used.meter_id ORDER BY meter.key, meter.id
        """)

    /// The use of one meter by days or months, those without events left out.
    func series(
        of tenant: Identifier, meter: MeterRepository.Known, every step: UsageQuery.Step, from: Timestamp,
        to: Timestamp, in scope: TenantScope
    ) async throws -> [UsageReport.Period] {
        let result = try await pool.query(
            Self.steps,
            [
                .identifier(tenant), .int16(Int16(step.span.rawValue)), .timestamp(from), .timestamp(to),
                .identifier(meter.id), .text(meter.aggregation.rawValue),
            ], settings: scope.settings, as: .search)
        return try result.rows.map { row in
            let start = try row.timestamp(0)
            return UsageReport.Period(
                from: start, to: step.next(after: start), events: try row.int64(1),
                value: UsageQuantity.trimmed(try row.numericText(2)))
        }
    }

    private static let steps: PostgresStatement = """
        SELECT kept.starts_on, kept.events, (CASE $6::text
            WHEN 'sum' THEN kept.total WHEN 'count' THEN kept.total WHEN 'max' THEN kept.maximum WHEN 'latest' THEN kept.latest
            ELSE (
                SELECT count(*) FROM main.usage_values AS counted
                WHERE counted.tenant_id = $1 AND counted.span = $2 AND counted.starts_on = kept.starts_on
                    AND counted.meter_id = $5)
            END)::numeric
        FROM main.usage_rollups AS kept
        WHERE kept.tenant_id = $1 AND kept.span = $2 AND kept.starts_on >= $3 AND kept.starts_on < $4 AND kept.meter_id = $5
        ORDER BY kept.starts_on
        """
}
