@testable import Entities

/// A tenant.
enum TestTenant {
    enum Status: Int, FieldValue, CaseIterable {
        case active = 0
        case waiting = 1
        case provisioning = 2
        case failed = 3
        case leaving = 4
        case inactive = 5
    }

    static let name = Field.string("name", maxLength: 100, required: true)
    static let status = Field<Status>.integer("status", width: .int16, required: true)
    static let key = Field.string("key", maxLength: 10, pattern: .lowercaseAlphanumeric, required: true)
    static let spocUserID = Field.identifier("spocUserId")
    static let domains = Field.strings("domains", required: true)
    static let leadID = Field.identifier("leadId")

    static let contacts = Relation.hasMany("contacts", "Contact", by: TestContact.tenantID)
    static let lead = Relation.belongsTo("lead", "Lead", by: leadID)

    static let entity = Entity(
        "Tenant", table: "tenants", description: "A customer.", tenancy: .identity,
        fields: [name, status, key, spocUserID, domains, leadID],
        relations: [
            contacts, .hasMany("resources", "Resource", by: TestModel.resourceTenantID), lead,
            .hasOne("customer", "Customer", by: TestModel.customerTenantID),
        ],
        uniqueKeys: [UniqueKey("idx_tenant_key", key)])
}
