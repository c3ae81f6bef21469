import PostgresClient
import Primitives

/// SQL of what decides about an erasure.
enum ErasureRepository {
    /// Whether a tenant has invoices that were issued, which are fiscal records.
    static func hasInvoices(
        _ tenant: Identifier, _ transaction: PostgresTransaction
    ) async throws(PostgresError) -> Bool {
        try await transaction.query(asking, [.identifier(tenant)]).first?.bool(0) ?? true
    }

    private static let asking: PostgresStatement = """
        SELECT EXISTS (SELECT FROM main.invoice WHERE tenant_id = $1 AND invoice_id IS NOT NULL)
        """
}
