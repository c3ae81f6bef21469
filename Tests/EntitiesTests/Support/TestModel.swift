import Entities

/// Entities in the shape of the real ones: a tenant, what belongs to it directly, through another table, or by a
/// key kept as text, and catalogs with and without audit block.
enum TestModel {
    static let tenant = Entity(
        "Tenant", table: "tenants", description: "A customer.", tenancy: .identity,
        fields: [
            .string("name", maxLength: 100, required: true),
            .integer("status", width: .int16, oneOf: [0, 1, 2, 3, 4, 5], required: true),
            .string("key", maxLength: 10, pattern: .lowercaseAlphanumeric, required: true),
            .identifier("spocUserId"),
            .strings("domains", required: true),
            .identifier("leadId"),
        ],
        relations: [
            .hasMany("contacts", "Contact", by: "tenantId"),
            .hasMany("resources", "Resource", by: "tenantId"),
            .belongsTo("lead", "Lead", by: "leadId"),
            .hasOne("customer", "Customer", by: "tenantId"),
        ],
        uniqueKeys: [UniqueKey("idx_tenant_key", "key")])

    static let lead = Entity(
        "Lead", table: "leads",
        tenancy: .custom("{row}.\"id\" IN (SELECT t.lead_id FROM main.tenants AS t WHERE t.id = {tenant})"),
        fields: [
            .string("email", maxLength: 100, required: true),
            .boolean("isValidated", required: true),
            .string("secretNote", access: .hidden),
        ],
        relations: [.hasOne("tenant", "Tenant", by: "leadId")])

    static let contact = Entity(
        "Contact", table: "contacts", tenancy: .column("tenantId"),
        fields: [
            .string("firstName", required: true),
            .boolean("isPrimary", required: true),
            .string("type", maxLength: 100, column: "contact_type"),
            .identifier("tenantId"),
        ],
        relations: [.belongsTo("tenant", "Tenant", by: "tenantId")])

    static let resource = Entity(
        "Resource", table: "resources", tenancy: .column("tenantId"),
        fields: [
            .string("type", required: true),
            .object("metadata", required: true),
            .string("externalIdentifier", required: true),
            .identifier("tenantId", required: true),
        ],
        uniqueKeys: [UniqueKey("resources_external_identifier_tenant_id_key", "externalIdentifier", "tenantId")])

    /// Keeps the tenant's id as text.
    static let customer = Entity(
        "Customer", table: "customers", tenancy: .column("tenantId"),
        fields: [.string("tenantId", required: true), .string("customerId", required: true)],
        relations: [.belongsTo("tenant", "Tenant", by: "tenantId")])

    /// One field of every type.
    static let plan = Entity(
        "Plan", table: "plans", tenancy: .shared,
        fields: [
            .string("name", maxLength: 100, required: true),
            .number("price"),
            .integer("rank"),
            .integer("views", width: .int64),
            .boolean("isActive"),
            .timestamp("validUntil", acceptsDate: true),
            .object("metaData", schema: .any),
            .strings("tags"),
            .identifier("ownerId"),
            .string("slug", access: .readOnly),
        ], alwaysSet: ["name", "createdOn"])

    static let currency = Entity(
        "Currency", table: "currencies", audit: .hidden, tenancy: .shared,
        fields: [.string("currencyCode", required: true)])

    static let tag = Entity(
        "Tag", table: "tags", audit: .none, tenancy: .operatorOnly, fields: [.string("label", required: true)])

    static let all = [tenant, lead, contact, resource, customer, plan, currency, tag]
}
