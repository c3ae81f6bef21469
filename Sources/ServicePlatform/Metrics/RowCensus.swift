package import PostgresClient
package import PrometheusMetrics

/// Counts the rows of a table by status without reading a large table.
///
/// Up to ``limit`` rows of a status are counted exactly, along the index on the status. Of a status that has more, the number is
/// estimated from a sample of at most ``sampledPages`` pages of the table. So one census reads some ten thousand rows at most,
/// and nodes take one once a minute at most.
package struct RowCensus: Sendable {
    /// The statuses by their values in the table.
    package typealias Statuses = [(value: Int, name: String)]

    private static let maximumAge = Duration.seconds(60)
    private static let sampledPages = 2000

    private let pool: PostgresPool
    private let settings: [PostgresSetting]
    private let statuses: Statuses
    private let limit: Int
    private let counting: PostgresStatement
    private let measuring: PostgresStatement
    private let sampling: PostgresStatement

    /// - Parameters:
    ///   - table: With its schema. It has the columns `status` and `deleted`, and an index that begins with `status` on rows
    ///     that are not deleted.
    ///   - settings: What row-level security needs to show every row.
    ///   - limit: Up to how many rows of a status are counted exactly.
    package init(
        of table: String, statuses: Statuses, pool: PostgresPool, settings: [PostgresSetting], limit: Int = 10_000
    ) {
        self.pool = pool
        self.settings = settings
        self.statuses = statuses
        self.limit = limit
        counting = PostgresStatement(
            """
            SELECT wanted.status, (
                SELECT count(*) FROM (
                    SELECT 1 FROM \(table) AS counted
                    WHERE counted.status = wanted.status AND NOT counted.deleted LIMIT $2) AS counted_rows)
            FROM unnest($1::int[]) AS wanted (status)
            """)
        measuring = PostgresStatement(
            "SELECT pg_relation_size('\(table)'::regclass) / current_setting('block_size')::bigint")
        sampling = PostgresStatement(
            """
            SELECT status::int, count(*) FROM \(table) TABLESAMPLE SYSTEM ($1::bigint / 1000000.0) WHERE NOT deleted
            GROUP BY status
            """)
    }

    /// The number of rows of each status.
    package func counts() async throws(PostgresError) -> [(name: String, count: Int)] {
        let result = try await pool.query(
            counting, [.int64Array(statuses.map { Int64($0.value) }), .int64(Int64(limit) + 1)], settings: settings,
            as: .search)
        var counts: [Int: Int] = [:]
        for row in result.rows {
            let status = try row.int(0)
            counts[status] = Int(try row.int64(1))
        }
        if counts.values.contains(where: { $0 > limit }) {
            for (status, estimate) in try await estimates() where counts[status] ?? 0 > limit {
                counts[status] = max(limit + 1, estimate)
            }
        }
        return statuses.map { (name: $0.name, count: counts[$0.value] ?? 0) }
    }

    private func estimates() async throws(PostgresError) -> [Int: Int] {
        let pages = try await pool.query(measuring, as: .read).first?.int64(0) ?? 0
        let share = min(1, Double(Self.sampledPages) / Double(max(1, pages)))
        // Percent, in millionths.
        let parts = Int64((share * 100_000_000).rounded())
        let result = try await pool.query(sampling, [.int64(parts)], settings: settings, as: .search)
        var estimates: [Int: Int] = [:]
        for row in result.rows {
            let status = try row.int(0)
            estimates[status] = Int((Double(try row.int64(1)) / share).rounded())
        }
        return estimates
    }

    /// The counts as a metric with the label `status`.
    package func source(_ metric: String) -> MetricSource {
        MetricSource(metric, maximumAge: Self.maximumAge) {
            try await counts().map { MetricSample(metric, $0.count, labels: [("status", $0.name)]) }
        }
    }
}
