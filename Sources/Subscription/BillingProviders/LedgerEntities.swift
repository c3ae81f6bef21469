import Entities
import JSONCoding
import PostgresClient
import Primitives

/// What the built-in provider knows of a customer. Not part of the API by itself; see ``CustomerSchemas``.
enum LedgerCustomer {
    static let tenantID = Field.string("tenantId", maxLength: 255, required: true)
    static let firstName = Field.string("firstName", maxLength: 255, pattern: .visibleText, example: "Ann")
        .personal(.nothing, fiscal: true)
    static let lastName = Field.string("lastName", maxLength: 255, pattern: .visibleText, example: "Lee")
        .personal(.nothing, fiscal: true)
    static let email = Field.string("email", maxLength: 320, example: "ann@acme.example.com").personal(.nothing)
    static let company = Field.string("company", maxLength: 255, pattern: .visibleText, example: "Acme")
        .personal(.nothing, fiscal: true)
    static let phone = Field.string("phone", maxLength: 50, example: "NA").personal(.nothing)
    static let billingAddress = Field.object("billingAddress").personal(.nothing, fiscal: true)
    static let options = Field.object("options").personal(.nothing)

    /// The description. Rows have the ids of their rows in `billing_customer`.
    static let entity = Entity(
        "LedgerCustomer", table: "ledger_customers", description: "A customer in the ledger.",
        tenancy: .column(tenantID),
        fields: [tenantID, firstName, lastName, email, company, phone, billingAddress, options])

    /// The members of `CustomerDetails`.
    static let members: [any EntityField] = [firstName, lastName, email, company, phone, billingAddress, options]
}

/// A card that the built-in provider keeps: what may be kept of it.
enum LedgerPaymentSource {
    static let sourceID = Field.string("sourceId", maxLength: 255, required: true, example: "src_1f0c")
    static let customerID = Field.string("customerId", maxLength: 255, required: true, description: "The provider's id")
    static let tenantID = Field.string("tenantId", maxLength: 255, required: true)
    static let gatewayAccountID = Field.string("gatewayAccountId", maxLength: 255).personal(.nothing)
    static let last4 = Field.string("last4", maxLength: 4, required: true, example: "4242").personal(.text("0000"))
    static let expiryMonth = Field.integer(
        "expiryMonth", width: .int16, minimum: 1, maximum: 12, required: true, example: 12)
    static let expiryYear = Field.integer(
        "expiryYear", width: .int16, minimum: 2000, maximum: 9999, required: true, example: 2030)

    /// The description.
    static let entity = Entity(
        "LedgerPaymentSource", table: "ledger_payment_sources", description: "A card in the ledger.",
        tenancy: .column(tenantID),
        fields: [sourceID, customerID, tenantID, gatewayAccountID, last4, expiryMonth, expiryYear])

    /// The statement that deletes all cards of a customer.
    static func deletion(ofCustomer id: String, in scope: TenantScope) -> BoundStatement {
        BoundStatement(
            deleting,
            [
                .text(id), .optional(scope.actor.identifier) { .identifier($0) },
                .optional(scope.tenantID) { .text($0.description) },
            ])
    }

    private static let deleting: PostgresStatement = """
        UPDATE main.ledger_payment_sources SET deleted = true, deleted_on = date_trunc('milliseconds', now()),
            deleted_by = $2, modified_by = $2
        WHERE customer_id = $1 AND NOT deleted AND ($3::text IS NULL OR tenant_id = $3)
        """
}
