import Entities

/// A person at a tenant.
enum TestContact {
    static let firstName = Field.string("firstName", required: true)
    static let isPrimary = Field.boolean("isPrimary", required: true)
    static let type = Field.string("type", maxLength: 100, column: "contact_type")
    static let tenantID = Field.identifier("tenantId")

    static let tenant = Relation.belongsTo("tenant", "Tenant", by: tenantID)

    static let entity = Entity(
        "Contact", table: "contacts", tenancy: .column(tenantID), fields: [firstName, isPrimary, type, tenantID],
        relations: [tenant])
}
