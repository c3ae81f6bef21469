import Entities
import PostgresClient
import Primitives

/// SQL of billing customers.
struct BillingCustomerRepository: Sendable {
    let customers: EntityRepository

    /// A row with what rules need of it.
    struct Row: Sendable {
        let reference: CustomerReference
        let paymentSourceID: String?
        let version: Int64

        /// The tenant, when its id is one.
        var tenant: Identifier? { Identifier(reference.account.tenant) }
        /// Primary key.
        var id: Identifier { reference.account.row }

        init(_ record: Record) throws {
            reference = CustomerReference(
                account: BillingAccount(row: try record.id, tenant: try record[BillingCustomer.tenantID]),
                id: try record[BillingCustomer.customerID])
            paymentSourceID = try record[ifPresent: BillingCustomer.paymentSourceID]
            version = try record.version
        }
    }

    /// The customer that a text names: by our id, by the provider's, or by its tenant's.
    func named(_ text: String, in scope: TenantScope) async throws -> Row? {
        try await customers.find(.naming(text, in: [BillingCustomer.customerID, BillingCustomer.tenantID]), in: scope)
            .first.map(Row.init)
    }

    /// The customer of a row.
    func row(_ id: Identifier, in scope: TenantScope) async throws -> Row? {
        try await customers.find(Filter(where: .equals(Entity.id, id), limit: 1), in: scope).first.map(Row.init)
    }

    /// The customer that a tenant is.
    func ofTenant(_ tenant: Identifier, in scope: TenantScope) async throws -> Row? {
        try await customers.find(
            Filter(where: .equals(BillingCustomer.tenantID, tenant.description), limit: 1), in: scope
        ).first.map(Row.init)
    }

    /// The statement that keeps a customer from being deleted until the end of the transaction; it fails
    /// (`isGuardViolation`) when the customer is gone.
    static func lock(_ id: Identifier) -> BoundStatement { BoundStatement(locking, [.identifier(id)]) }

    /// The statement that takes a payment source from a customer whose default it is, and from no other.
    static func forgetting(source: String, of customer: Identifier) -> BoundStatement {
        BoundStatement(forgetting, [.identifier(customer), .text(source)])
    }

    private static let forgetting: PostgresStatement = """
        UPDATE main.billing_customer SET payment_source_id = NULL WHERE id = $1 AND payment_source_id = $2
        """

    private static let locking: PostgresStatement = """
        WITH customer AS (SELECT id FROM main.billing_customer WHERE id = $1 AND NOT deleted FOR SHARE)
        SELECT 1 / count(*) FROM customer
        """
}
