import Entities
import PostgresClient
import Primitives
import WorkQueue

/// SQL of exports.
struct ExportRepository: Sendable {
    let pool: PostgresPool

    /// Bytes of a chunk.
    static let chunkSize = 256 << 10

    // MARK: Requests

    /// The statement that requests an export, unless one is being made.
    /// - Parameter reason: Why application data is not waited for; nil if it is.
    static func insert(
        _ id: Identifier, tenant: Identifier, timeout: Duration, withoutData reason: String?, in context: WriteContext
    ) -> BoundStatement {
        BoundStatement(
            inserting,
            [
                .identifier(id), .identifier(tenant), .timestamp(context.now),
                .optional(context.actor.text) { .text($0) }, .microseconds(timeout), .bool(reason == nil),
                .optional(reason) { .json(ExportDataState.stored(reason: $0)) },
            ])
    }

    /// The export of a tenant that is being made; nil if none is.
    static func open(
        of tenant: Identifier, _ transaction: PostgresTransaction
    ) async throws(PostgresError) -> Identifier? {
        try await transaction.query(findingOpen, [.identifier(tenant)]).first?.identifier(0)
    }

    /// Whether the personal data of a tenant was erased.
    static func isErased(
        _ tenant: Identifier, _ transaction: PostgresTransaction
    ) async throws(PostgresError) -> Bool {
        try await transaction.query(
            "SELECT EXISTS (SELECT FROM main.erasures WHERE tenant_id = $1)", [.identifier(tenant)]
        ).first?.bool(0) ?? false
    }

    /// Whose data is exported.
    struct Subject: Sendable {
        let key: String
        let name: String
        /// Whether something was made for the tenant, ever.
        let wasProvisioned: Bool
    }

    /// Nil when there is no such tenant.
    static func subject(
        _ tenant: Identifier, _ transaction: PostgresTransaction
    ) async throws(PostgresError) -> Subject? {
        guard let row = try await transaction.query(describing, [.identifier(tenant)]).first else { return nil }
        return Subject(key: try row.text(0), name: try row.text(1), wasProvisioned: try row.bool(2))
    }

    /// The lead that became a tenant; nil for a tenant without a lead.
    static func lead(
        of tenant: Identifier, _ transaction: PostgresTransaction
    ) async throws(PostgresError) -> Identifier? {
        try await transaction.query("SELECT lead_id FROM main.tenants WHERE id = $1", [.identifier(tenant)])
            .first?.identifierIfPresent(0)
    }

    // MARK: Parts

    /// The statements that store a part of another service's rows, and make the work due when all parts are there.
    static func store(
        part position: Int, isLast: Bool, _ content: String, of export: Identifier, tenant: Identifier
    ) -> [BoundStatement] {
        [
            BoundStatement(
                storingPart,
                [
                    .identifier(export), .int32(Int32(clamping: position)), .identifier(tenant), .bool(isLast),
                    .text(content),
                ]),
            BoundStatement(hastening, [.identifier(export)]),
        ]
    }

    /// All parts in their order; nil when some are missing.
    func parts(of export: Identifier) async throws(PostgresError) -> String? {
        let result = try await query(Self.listingParts, [.identifier(export)], as: .read)
        var text = ""
        var isComplete = false
        for (index, row) in result.rows.enumerated() {
            guard try row.int(0) == index else { return nil }
            text += try row.text(2)
            isComplete = try row.bool(1)
        }
        return isComplete ? text : nil
    }

    // MARK: The archive

    /// Removes what an earlier attempt has stored.
    func removeChunks(of export: Identifier) async throws(PostgresError) {
        _ = try await query("DELETE FROM main.tenant_export_chunks WHERE export_id = $1", [.identifier(export)])
    }

    func store(
        chunk position: Int, _ content: [UInt8], of work: ExportWork
    ) async throws(PostgresError) {
        _ = try await query(
            Self.storingChunk,
            [
                .identifier(work.id), .int32(Int32(clamping: position)), .identifier(work.tenant),
                .bytes(content), .identifier(work.handle.claim),
            ])
    }

    /// State and size of an export; nil if it does not exist.
    func archive(_ export: Identifier) async throws(PostgresError) -> (state: TenantExport.State, size: Int64)? {
        let result = try await query(
            "SELECT state::text, coalesce(size, 0) FROM main.tenant_exports WHERE id = $1", [.identifier(export)],
            as: .read)
        guard let row = result.first, let state = TenantExport.State(rawValue: try row.text(0)) else { return nil }
        return (state, try row.int64(1))
    }

    /// Bytes of an archive.
    func bytes(of export: Identifier, _ range: ByteRange) async throws(PostgresError) -> [UInt8] {
        let size = Int64(Self.chunkSize)
        let (first, last) = (range.first / size, range.last / size)
        let result = try await query(
            Self.reading, [.identifier(export), .int64(first), .int64(last)], as: .read)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(result.rowCount * Self.chunkSize)
        for row in result.rows { bytes += try row.bytes(0) }
        let start = Int(range.first - first * size)
        guard start + range.length <= bytes.count else { return [] }
        return Array(bytes[start..<start + range.length])
    }

    /// Deletes archives whose time is over.
    func purge(limit: Int) async throws(PostgresError) -> Int {
        try await query(Self.purging, [.int64(Int64(limit))]).affectedRows
    }

    private func query(
        _ statement: PostgresStatement, _ values: [PostgresValue], as workload: PostgresWorkload = .write
    ) async throws(PostgresError) -> PostgresResult {
        try await pool.query(statement, values, settings: TenantScope.everyTenant, as: workload)
    }

    // MARK: Statements

    private static let inserting: PostgresStatement = """
        INSERT INTO main.tenant_exports (id, tenant_id, requested_on, requested_by, due_at, awaits_data, data)
        VALUES ($1, $2, $3, $4, now() + $5 * interval '1 microsecond', $6, $7)
        """

    private static let findingOpen: PostgresStatement = """
        SELECT id FROM main.tenant_exports WHERE tenant_id = $1 AND state = 'REQUESTED'
        """

    private static let describing: PostgresStatement = """
        SELECT key::text, name::text, EXISTS (SELECT FROM main.provisionings WHERE tenant_id = $1)
            OR EXISTS (SELECT FROM main.resources WHERE tenant_id = $1)
        FROM main.tenants WHERE id = $1
        """

    private static let storingPart: PostgresStatement = """
        INSERT INTO main.tenant_export_parts (export_id, position, tenant_id, is_last, content)
        SELECT id, $2, tenant_id, $4, $5 FROM main.tenant_exports
        WHERE id = $1 AND tenant_id = $3 AND state = 'REQUESTED'
        ON CONFLICT DO NOTHING
        """

    /// Makes the work due when nothing is missing any more.
    static let hastening: PostgresStatement = """
        UPDATE main.tenant_exports SET due_at = now()
        WHERE id = $1 AND state = 'REQUESTED' AND claim IS NULL AND data IS NOT NULL
            AND (SELECT count(*) = max(position) + 1 AND bool_or(is_last) FROM main.tenant_export_parts
                WHERE export_id = $1)
        """

    private static let listingParts: PostgresStatement = """
        SELECT position, is_last, content FROM main.tenant_export_parts WHERE export_id = $1 ORDER BY position
        """

    // Fails (`isGuardViolation`) if another worker has the work.
    private static let storingChunk: PostgresStatement = """
        WITH stored AS (
            INSERT INTO main.tenant_export_chunks (export_id, position, tenant_id, content)
            SELECT id, $2, $3, $4 FROM main.tenant_exports WHERE id = $1 AND claim = $5
            RETURNING 1)
        SELECT 1 / count(*) FROM stored
        """

    private static let reading: PostgresStatement = """
        SELECT content FROM main.tenant_export_chunks WHERE export_id = $1 AND position BETWEEN $2 AND $3
        ORDER BY position
        """

    private static let purging: PostgresStatement = """
        WITH old AS (
            SELECT id FROM main.tenant_exports WHERE state = 'DONE' AND expires_on < now()
            ORDER BY expires_on LIMIT $1 FOR UPDATE SKIP LOCKED),
        removed AS (DELETE FROM main.tenant_export_chunks USING old WHERE export_id = old.id)
        UPDATE main.tenant_exports AS export SET state = 'EXPIRED', row_version = row_version + 1
        FROM old WHERE export.id = old.id
        """
}
