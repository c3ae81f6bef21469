import Entities
import PostgresClient
import Primitives
import ServicePlatform

/// SQL of what belongs to a tenant in this service, as rows for an archive.
struct ExportRepository: Sendable {
    let pool: PostgresPool
    let entities: [Entity]

    /// Rows as lines: table, `shared` or `own`, and the row as JSON, separated by tabs. All of one moment.
    func lines(of tenant: Identifier) async throws -> [String] {
        try await pool.withTransaction(
            settings: TenantScope.everyTenant, isolation: .repeatableRead, as: .read
        ) { transaction in
            var lines: [String] = []
            for (table, statement) in Self.catalog {
                for row in try await transaction.query(statement, [.identifier(tenant)]).rows {
                    lines.append("\(table)\tshared\t\(try row.text(0))")
                }
            }
            for entity in entities where entity.tenancy != .shared && entity != AuditLogEntity.entity {
                guard let statement = RowArchive.dumping(entity, of: tenant) else { continue }
                // Values of features for everybody are among them.
                let kind = Self.partlyShared.contains(entity.table) ? "shared" : "own"
                for row in try await transaction.query(statement).rows {
                    lines.append("\(entity.table)\t\(kind)\t\(try row.text(0))")
                }
            }
            return lines
        }
    }

    private static let partlyShared: Set<String> = ["feature_values"]

    private static let plans = """
        SELECT plan_id FROM main.subscriptions WHERE subscriber_id = $1
        UNION SELECT line.plan_id FROM main.invoice_lines AS line JOIN main.invoice ON invoice.id = line.invoice_id
        WHERE invoice.tenant_id = $1 AND line.plan_id IS NOT NULL
        """

    /// The plans that rows of the tenant refer to, with what these refer to.
    private static let catalog: [(table: String, statement: PostgresStatement)] = [
        (
            "currencies",
            PostgresStatement(
                """
                SELECT row_to_json(t0)::text FROM main.currencies AS t0
                WHERE id IN (SELECT currency_id FROM main.plans WHERE id IN (\(plans)))
                """)
        ),
        (
            "billing_cycles",
            PostgresStatement(
                """
                SELECT row_to_json(t0)::text FROM main.billing_cycles AS t0
                WHERE id IN (SELECT billing_cycle_id FROM main.plans WHERE id IN (\(plans)))
                """)
        ),
        ("plans", PostgresStatement("SELECT row_to_json(t0)::text FROM main.plans AS t0 WHERE id IN (\(plans))")),
    ]
}
