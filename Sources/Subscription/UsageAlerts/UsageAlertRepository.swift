import Entities
import MessageBus
import PostgresClient
import Primitives

/// SQL of alerts.
struct UsageAlertRepository: Sendable {
    let pool: PostgresPool

    /// Records thresholds that were reached, and publishes an event for each that was not recorded before, in one transaction.
    /// - Parameter event: Makes the event of a threshold.
    func record(
        _ thresholds: [Int], of meter: Identifier, in period: Timestamp, tenant: Identifier, in context: WriteContext,
        event: (Int) throws -> EventEnvelope
    ) async throws {
        try await context.withTransaction(on: pool, resource: nil) { transaction in
            let result = try await transaction.query(
                Self.recording,
                [
                    .identifier(tenant), .identifier(meter), .timestamp(period),
                    .int64Array(thresholds.map { Int64($0) }), .timestamp(context.now),
                ])
            guard result.rowCount > 0 else { return }
            var batch = PostgresBatch()
            for row in result.rows { batch.add(try event(try row.int(0))) }
            _ = try await transaction.run(batch)
        }
    }

    private static let recording: PostgresStatement = """
        INSERT INTO main.usage_alerts (tenant_id, meter_id, period_start, threshold, reached_on)
        SELECT $1, $2, $3, threshold, $5 FROM unnest($4::bigint[]) AS reached (threshold) ORDER BY threshold
        ON CONFLICT DO NOTHING RETURNING threshold
        """
}
