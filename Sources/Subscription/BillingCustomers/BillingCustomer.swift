import Entities
import JSONCoding

/// The customer that a billing provider knows a tenant as.
enum BillingCustomer {
    static let tenantId = Field.string(
        "tenantId", maxLength: 255, required: true, description: "The tenant",
        example: "01890a5d-ac96-774b-bcce-b302099a8057")
    static let customerId = Field.string(
        "customerId", maxLength: 255, required: true, description: "The billing provider's id", example: "cus_6f1c")
    static let paymentSourceId = Field.string(
        "paymentSourceId", maxLength: 255, description: "The default payment source", example: "src_1f0c")

    /// The description. The columns are the original's, which kept the tenant as text.
    static let entity = Entity(
        "BillingCustomer", table: "billing_customer",
        description: "A customer of the billing provider that represents a tenant.",
        tenancy: .column(tenantId),
        fields: [tenantId, customerId, paymentSourceId],
        relations: [.hasMany("invoices", "Invoice", by: Invoice.billingCustomerId)],
        uniqueKeys: [UniqueKey("idx_billing_customer_tenant", tenantId)],
        alwaysSet: [tenantId, customerId, AuditBlock.createdOn, AuditBlock.modifiedOn, AuditBlock.deleted])
}
