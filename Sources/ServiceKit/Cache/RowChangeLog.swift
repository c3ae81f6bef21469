import Entities
import PostgresClient
import Primitives

/// SQL of the log of changed rows.
struct RowChangeLog: Sendable {
    /// The result of one query.
    struct Reading: Sendable, Hashable {
        /// The snapshot of the query; a parameter of the next one.
        var snapshot: String
        /// Identifies the server process: changes with a restart or a failover.
        var server: String
        /// Identifies the session: changes with a new connection and after any crash of the server.
        var session: String
        /// The changed rows by table, each with its newest version.
        var rows: [String: [RowVersion]] = [:]
        /// Whether there were more rows than ``RowChangeLog/maximumRows``.
        var isCut = false
    }

    /// The query returned no row, although it always should.
    struct NoReading: Error, CustomStringConvertible {
        let description = "the log of changed rows gave no answer"
    }

    /// Maximum number of rows of one reading, and of one purge.
    static let maximumRows = 10_000

    let pool: PostgresPool

    /// The changes that a previous snapshot did not show; the whole log if it is nil.
    func read(since snapshot: String?) async throws -> Reading {
        let result = try await pool.query(
            Self.changes, [.optional(snapshot) { .text($0) }], settings: TenantScope.everyTenant, as: .read)
        guard let first = result.first else { throw NoReading() }
        var reading = Reading(
            snapshot: try first.text(0), server: try first.text(1), session: try first.text(2),
            isCut: result.rowCount > Self.maximumRows)
        for row in result.rows {
            guard let table = try row.textIfPresent(3) else { continue }
            reading.rows[table, default: []].append(
                RowVersion(id: try row.identifier(4), version: try row.int64(5)))
        }
        return reading
    }

    /// Removes changes that a snapshot shows, at most ``maximumRows`` of them, so that a large change cannot make it
    /// exceed the statement timeout again and again.
    /// - Returns: Whether all of them were removed.
    func purge(shownBy snapshot: String) async throws(PostgresError) -> Bool {
        let result = try await pool.query(Self.purged, [.text(snapshot)], settings: TenantScope.everyTenant)
        return result.affectedRows < Self.maximumRows
    }

    /// A snapshot shows every transaction before its `xmin`, so the index skips what earlier readings have returned.
    private static let changes = PostgresStatement(
        """
        SELECT moment.snapshot, moment.server, moment.session, change.table_name, change.row_id, change.row_version
        FROM (
            SELECT pg_current_snapshot()::text AS snapshot, pg_postmaster_start_time()::text AS server,
                (SELECT pid::text || ' ' || backend_start::text FROM pg_stat_get_activity(pg_backend_pid())) AS session
        ) AS moment
        LEFT JOIN (
            SELECT table_name, row_id, max(row_version) AS row_version FROM main.row_changes
            WHERE transaction_id >= coalesce(pg_snapshot_xmin($1::text::pg_snapshot), '0'::xid8)
                AND ($1::text IS NULL OR NOT pg_visible_in_snapshot(transaction_id, $1::text::pg_snapshot))
            GROUP BY table_name, row_id LIMIT \(maximumRows + 1)
        ) AS change ON true
        """)

    private static let purged = PostgresStatement(
        """
        DELETE FROM main.row_changes WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM main.row_changes
            WHERE pg_visible_in_snapshot(transaction_id, $1::text::pg_snapshot) LIMIT \(maximumRows)))
        """)
}
