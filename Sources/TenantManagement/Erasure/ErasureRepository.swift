import Entities
import PostgresClient
import Primitives

/// SQL of erasures.
struct ErasureRepository: Sendable {
    let pool: PostgresPool

    /// The certificate of a tenant, as it was stored; nil when nothing was erased.
    func certificate(of tenant: Identifier) async throws(PostgresError) -> [UInt8]? {
        let result = try await pool.query(
            Self.finding, [.identifier(tenant)], settings: TenantScope.everyTenant, as: .read)
        guard let row = result.first else { return nil }
        return Array(try row.text(0).utf8)
    }

    /// The same, in a transaction that has locked the tenant.
    static func certificate(
        of tenant: Identifier, _ transaction: PostgresTransaction
    ) async throws(PostgresError) -> [UInt8]? {
        guard let row = try await transaction.query(finding, [.identifier(tenant)]).first else { return nil }
        return Array(try row.text(0).utf8)
    }

    static func store(_ certificate: [UInt8], of tenant: Identifier, in context: WriteContext) -> BoundStatement {
        BoundStatement(
            storing,
            [
                .identifier(tenant), .timestamp(context.now), .optional(context.actor.text) { .text($0) },
                .text(String(decoding: certificate, as: UTF8.self)),
            ])
    }

    /// What an erasure has to know of a tenant.
    struct Circumstances: Sendable {
        let lead: Identifier?
        let leadAddress: Identifier?
        let hasInvoices: Bool
    }

    static func circumstances(
        of tenant: Identifier, _ transaction: PostgresTransaction
    ) async throws(PostgresError) -> Circumstances {
        guard let row = try await transaction.query(examining, [.identifier(tenant)]).first else {
            return Circumstances(lead: nil, leadAddress: nil, hasInvoices: true)
        }
        return Circumstances(
            lead: try row.identifierIfPresent(0), leadAddress: try row.identifierIfPresent(2),
            hasInvoices: try row.bool(1))
    }

    /// What is removed as a whole: rows that are of no use without the personal data in them.
    static let removals: [(table: String, statement: PostgresStatement)] = [
        // Archives contain everything. One that is being made is given up.
        (
            "tenant_exports",
            """
            UPDATE main.tenant_exports
            SET state = 'EXPIRED', due_at = NULL, claim = NULL, row_version = row_version + 1
            WHERE tenant_id = $1 AND state IN ('REQUESTED', 'DONE')
            """
        ),
        (
            "tenant_export_parts",
            """
            DELETE FROM main.tenant_export_parts
            WHERE export_id IN (SELECT id FROM main.tenant_exports WHERE tenant_id = $1)
            """
        ),
        (
            "tenant_export_chunks",
            """
            DELETE FROM main.tenant_export_chunks
            WHERE export_id IN (SELECT id FROM main.tenant_exports WHERE tenant_id = $1)
            """
        ),
        (
            "tenant_export_data",
            """
            DELETE FROM main.tenant_export_data
            WHERE export_id IN (SELECT id FROM main.tenant_exports WHERE tenant_id = $1)
            """
        ),
        ("tenant_domains", "DELETE FROM main.tenant_domains WHERE tenant_id = $1"),
        (
            "lead_keys",
            """
            DELETE FROM main.lead_keys
            WHERE lead_id = (SELECT lead_id FROM main.tenants WHERE id = $1)
            """
        ),
        ("notifications", "DELETE FROM main.notifications WHERE tenant_id = $1"),
        ("webhook_deliveries", "DELETE FROM main.webhook_deliveries WHERE tenant_id = $1 OR owner_id = $1"),
        ("webhook_secrets", "DELETE FROM main.webhook_secrets WHERE owner_id = $1"),
        ("webhook_replays", "DELETE FROM main.webhook_replays WHERE owner_id = $1"),
    ]

    /// Nothing is delivered to a tenant whose data was erased. What is personal of its endpoints, their addresses, is erased like
    /// that of other entities.
    static func disableWebhooks(of tenant: Identifier) -> BoundStatement {
        BoundStatement(disablingWebhooks, [.identifier(tenant)])
    }

    private static let disablingWebhooks: PostgresStatement = """
        UPDATE main.webhook_endpoints SET is_enabled = false WHERE owner_id = $1 AND is_enabled
        """

    // MARK: Statements

    private static let finding: PostgresStatement = "SELECT certificate FROM main.erasures WHERE tenant_id = $1"

    private static let storing: PostgresStatement = """
        INSERT INTO main.erasures (tenant_id, erased_on, erased_by, certificate) VALUES ($1, $2, $3, $4)
        """

    private static let examining: PostgresStatement = """
        SELECT tenant.lead_id, EXISTS (SELECT FROM main.invoices WHERE tenant_id = $1), lead.address_id
        FROM main.tenants AS tenant LEFT JOIN main.leads AS lead ON lead.id = tenant.lead_id WHERE tenant.id = $1
        """
}
