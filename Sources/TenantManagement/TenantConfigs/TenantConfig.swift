package import Entities
package import JSONCoding
package import Primitives

/// A setting of a tenant, such as its identity provider's.
package enum TenantConfig {
    package static let configKey = Field.string(
        "configKey", maxLength: 100, pattern: .visibleText, required: true, example: "auth0")
    package static let configValue = Field.object("configValue", required: true)
    package static let tenantId = Field.identifier("tenantId", required: true)

    /// The description.
    package static let entity = Entity(
        "TenantMgmtConfig", table: "tenant_mgmt_configs", description: "A setting of a tenant.",
        tenancy: .column(tenantId),
        fields: [configKey, configValue, tenantId],
        relations: [.belongsTo("tenant", "Tenant", by: tenantId)],
        alwaysSet: [configKey, configValue, tenantId, AuditBlock.createdOn, AuditBlock.modifiedOn, AuditBlock.deleted])
}
