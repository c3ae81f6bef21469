@testable import Entities

/// Entities in the shape of the real ones: a tenant, what belongs to it directly, through another table, or by a
/// key kept as text, and catalogs with and without audit block.
enum TestModel {
    static let tenant = TestTenant.entity

    static let lead = Entity(
        "Lead", table: "leads",
        tenancy: .custom("{row}.\"id\" IN (SELECT t.lead_id FROM main.tenants AS t WHERE t.id = {tenant})"),
        fields: [
            .string("email", maxLength: 100, required: true),
            .boolean("isValidated", required: true),
            .string("secretNote", access: .hidden),
        ],
        relations: [.hasOne("tenant", "Tenant", by: TestTenant.leadID)])

    static let contact = TestContact.entity

    static let resourceIdentifier = Field.string("externalIdentifier", required: true)
    static let resourceTenantID = Field.identifier("tenantId", required: true)

    static let resource = Entity(
        "Resource", table: "resources", tenancy: .column(resourceTenantID),
        fields: [
            .string("type", required: true),
            .object("metadata", required: true),
            resourceIdentifier,
            resourceTenantID,
        ],
        uniqueKeys: [
            UniqueKey("resources_external_identifier_tenant_id_key", resourceIdentifier, resourceTenantID)
        ])

    static let customerTenantID = Field.string("tenantId", required: true)

    /// Keeps the tenant's id as text.
    static let customer = Entity(
        "Customer", table: "customers", tenancy: .column(customerTenantID),
        fields: [customerTenantID, .string("customerId", required: true)],
        relations: [.belongsTo("tenant", "Tenant", by: customerTenantID)])

    static let plan = TestPlan.entity

    static let currency = Entity(
        "Currency", table: "currencies", audit: .hidden, tenancy: .shared,
        fields: [.string("currencyCode", required: true)])

    static let tag = Entity(
        "Tag", table: "tags", audit: .none, tenancy: .operatorOnly, fields: [.string("label", required: true)])

    static let all = [tenant, lead, contact, resource, customer, plan, currency, tag]
}
