import Entities
import PostgresClient
import Primitives

/// SQL of what was used and reserved of limits.
struct MeteredAmountRepository: Sendable {
    let pool: PostgresPool

    /// A meter with the limit of a tenant.
    struct Limited: Sendable {
        let meter: MeterRepository.Known
        let limit: String?
    }

    /// What a tenant has used and reserved of limits in their current periods, by the ids of their meters.
    func amounts(
        of tenant: Identifier, _ limits: [Limited], at now: Timestamp, in scope: TenantScope
    ) async throws -> [Identifier: MeteredAmount] {
        guard !limits.isEmpty else { return [:] }
        let result = try await pool.query(
            Self.reading, Self.values(tenant, limits.map(\.meter), at: now), settings: scope.settings, as: .read)
        var numbers: [Identifier: (used: String, reserved: String)] = [:]
        for row in result.rows {
            numbers[try row.identifier(0)] = (
                UsageQuantity.trimmed(try row.numericText(1)), UsageQuantity.trimmed(try row.numericText(2))
            )
        }
        var amounts: [Identifier: MeteredAmount] = [:]
        for limited in limits {
            let period = UTCCalendar.period(limited.meter.limitPeriod, of: now)
            let number = numbers[limited.meter.id]
            amounts[limited.meter.id] = MeteredAmount(
                meter: limited.meter, from: period.from, to: period.to, limit: limited.limit,
                used: number?.used ?? "0", reserved: number?.reserved ?? "0")
        }
        return amounts
    }

    /// `$1` to `$6` of ``numbers``: the pieces of the current periods of meters, and the instant.
    static func values(_ tenant: Identifier, _ meters: [MeterRepository.Known], at now: Timestamp) -> [PostgresValue] {
        var owners: [Identifier] = []
        var pieces: [UsagePieces.Piece] = []
        for meter in meters {
            let period = UTCCalendar.period(meter.limitPeriod, of: now)
            // Nothing happens later than that: events may be some minutes ahead.
            let end = period.to ?? UTCCalendar.nextMonth(after: UTCCalendar.startOfMonth(atOrAfter: now))
            for piece in UsagePieces(from: period.from, to: end).pieces {
                owners.append(meter.id)
                pieces.append(piece)
            }
        }
        return [
            .identifier(tenant), .identifierArray(owners), .int64Array(pieces.map(\.span.rawValue)),
            .int64Array(pieces.map(\.from.microseconds)), .int64Array(pieces.map(\.to.microseconds)), .timestamp(now),
        ]
    }

    /// The id of each meter of `$2`, what was used, and what is reserved.
    static let numbers = """
        WITH piece AS (
            SELECT meter, span::smallint AS span, timestamptz 'epoch' + first * interval '1 microsecond' AS first,
                timestamptz 'epoch' + beyond * interval '1 microsecond' AS beyond
            FROM unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[]) AS piece (meter, span, first, beyond)
        ), summed AS (
            SELECT kept.meter_id, sum(kept.total) AS total, max(kept.maximum) AS maximum,
                (array_agg(kept.latest ORDER BY kept.latest_on DESC, kept.latest_event DESC))[1] AS latest
            FROM piece JOIN main.usage_rollups AS kept
                ON kept.tenant_id = $1 AND kept.span = piece.span AND kept.starts_on >= piece.first
                    AND kept.starts_on < piece.beyond AND kept.meter_id = piece.meter
            GROUP BY kept.meter_id
        )
        SELECT meter.id, coalesce(CASE meter.aggregation
                WHEN 'sum' THEN summed.total WHEN 'count' THEN summed.total WHEN 'max' THEN summed.maximum
                WHEN 'latest' THEN summed.latest
                ELSE (
                    SELECT count(DISTINCT value_hash) FROM piece JOIN main.usage_values AS kept
                        ON kept.tenant_id = $1 AND kept.span = piece.span AND kept.starts_on >= piece.first
                            AND kept.starts_on < piece.beyond AND kept.meter_id = piece.meter
                    WHERE piece.meter = meter.id)
                END, 0)::numeric AS used,
            coalesce((
                SELECT sum(quantity) FROM main.usage_reservations AS reservation
                WHERE reservation.tenant_id = $1 AND reservation.meter_id = meter.id AND reservation.used IS NULL
                    AND NOT reservation.is_released AND reservation.expires_on > $6), 0)::numeric AS reserved
        FROM main.meters AS meter LEFT JOIN summed ON summed.meter_id = meter.id WHERE meter.id = ANY($2)
        """

    private static let reading = PostgresStatement(numbers)
}
