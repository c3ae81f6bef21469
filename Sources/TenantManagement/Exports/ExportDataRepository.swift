import Entities
import PostgresClient
import Primitives
import WorkQueue

/// SQL of application data that is received for archives.
struct ExportDataRepository: Sendable {
    let pool: PostgresPool

    /// Locks an export.
    /// - Returns: What was received of its data; nil when there is no such export of the tenant.
    static func lock(
        _ export: Identifier, _ transaction: PostgresTransaction
    ) async throws(PostgresError) -> ExportDataReception? {
        guard let row = try await transaction.query(locking, [.identifier(export)]).first else { return nil }
        return ExportDataReception(
            isOpen: try row.bool(0),
            state: ExportDataState(stored: try row.jsonIfPresent(2), isAwaited: try row.bool(1)),
            attempt: try row.int(3), parts: try row.int(4), size: try row.int(5))
    }

    /// Stores a part, and gives the sender time for the next one.
    static func store(
        _ content: [UInt8], at position: Int, isFirst: Bool, of export: Identifier, _ reception: ExportDataReception,
        patience: Duration
    ) -> [BoundStatement] {
        let parts = isFirst ? [BoundStatement(removing, [.identifier(export)])] : []
        return parts + [
            BoundStatement(
                storing,
                [
                    .identifier(export), .int32(Int32(clamping: reception.attempt)),
                    .int32(Int32(clamping: position)), .bytes(content),
                ]),
            BoundStatement(counting, values(export, reception) + [.microseconds(patience)]),
        ]
    }

    /// Records what has become of the data, and makes the work due when nothing else is missing.
    static func end(
        _ export: Identifier, _ reception: ExportDataReception, as summary: [UInt8]
    ) -> [BoundStatement] {
        [
            BoundStatement(ending, values(export, reception) + [.json(summary)]),
            BoundStatement(ExportRepository.hastening, [.identifier(export)]),
        ]
    }

    /// Gives the export up and removes what was received.
    static func fail(_ export: Identifier, reason: String) -> BoundStatement {
        BoundStatement(failing, [.identifier(export), .text(FailureReason.stored(reason))])
    }

    private static func values(_ export: Identifier, _ reception: ExportDataReception) -> [PostgresValue] {
        [
            .identifier(export), .int32(Int32(clamping: reception.attempt)), .int32(Int32(clamping: reception.parts)),
            .int64(Int64(reception.size)),
        ]
    }

    // MARK: For the archive

    /// What has become of the data of an export.
    func state(of export: Identifier) async throws(PostgresError) -> ExportDataState {
        let result = try await pool.query(
            Self.reading, [.identifier(export)], settings: TenantScope.everyTenant, as: .read)
        guard let row = result.first else { return .awaited }
        return ExportDataState(stored: try row.jsonIfPresent(1), isAwaited: try row.bool(0))
    }

    /// One part; nil when it is not there.
    func part(_ position: Int, of export: Identifier, attempt: Int) async throws(PostgresError) -> [UInt8]? {
        try await pool.query(
            Self.readingPart,
            [.identifier(export), .int32(Int32(clamping: attempt)), .int32(Int32(clamping: position))],
            settings: TenantScope.everyTenant, as: .read
        ).first?.bytes(0)
    }

    // MARK: Statements

    private static let locking: PostgresStatement = """
        SELECT state = 'REQUESTED', awaits_data, data, data_attempt, data_parts, data_size FROM main.tenant_exports
        WHERE id = $1 FOR UPDATE
        """

    private static let removing: PostgresStatement = "DELETE FROM main.tenant_export_data WHERE export_id = $1"

    private static let storing: PostgresStatement = """
        INSERT INTO main.tenant_export_data (export_id, attempt, position, tenant_id, content)
        SELECT id, $2, $3, tenant_id, $4 FROM main.tenant_exports WHERE id = $1
        """

    // The claim is that of a worker that gives the export up.
    private static let counting: PostgresStatement = """
        UPDATE main.tenant_exports SET data_attempt = $2, data_parts = $3, data_size = $4,
            due_at = CASE WHEN claim IS NULL THEN now() + $5 * interval '1 microsecond' ELSE due_at END
        WHERE id = $1
        """

    private static let ending: PostgresStatement = """
        UPDATE main.tenant_exports SET data_attempt = $2, data_parts = $3, data_size = $4, data = $5 WHERE id = $1
        """

    private static let failing: PostgresStatement = """
        WITH failed AS (
            UPDATE main.tenant_exports
            SET state = 'FAILED', due_at = NULL, claim = NULL, last_error = $2,
                completed_on = date_trunc('milliseconds', now()), row_version = row_version + 1
            WHERE id = $1
            RETURNING id),
        parts AS (DELETE FROM main.tenant_export_parts USING failed WHERE export_id = failed.id),
        data AS (DELETE FROM main.tenant_export_data USING failed WHERE export_id = failed.id)
        DELETE FROM main.tenant_export_chunks USING failed WHERE export_id = failed.id
        """

    private static let reading: PostgresStatement = "SELECT awaits_data, data FROM main.tenant_exports WHERE id = $1"

    private static let readingPart: PostgresStatement = """
        SELECT content FROM main.tenant_export_data WHERE export_id = $1 AND attempt = $2 AND position = $3
        """
}
