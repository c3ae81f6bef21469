import Entities
import JSONCoding

/// The customer that a billing provider knows a tenant as.
enum BillingCustomer {
    static let tenantID = Field.string(
        "tenantId", maxLength: 255, required: true, description: "The tenant",
        example: "01890a5d-ac96-774b-bcce-b302099a8057")
    static let customerID = Field.string(
        "customerId", maxLength: 255, required: true, description: "The billing provider's id", example: "cus_6f1c")
    static let paymentSourceID = Field.string(
        "paymentSourceId", maxLength: 255, description: "The default payment source", example: "src_1f0c")

    /// The description. The columns are the original's, which kept the tenant as text.
    static let entity = Entity(
        "BillingCustomer", table: "billing_customer",
        description: "A customer of the billing provider that represents a tenant.",
        tenancy: .column(tenantID),
        fields: [tenantID, customerID, paymentSourceID],
        relations: [.hasMany("invoices", "Invoice", by: Invoice.billingCustomerID)],
        uniqueKeys: [UniqueKey("idx_billing_customer_tenant", tenantID)],
        alwaysSet: [tenantID, customerID, AuditBlock.createdOn, AuditBlock.modifiedOn, AuditBlock.deleted])
}
