package import Entities
package import JSONCoding
package import Primitives

/// A setting of a tenant, such as its identity provider's.
package enum TenantConfig {
    package static let configKey = Field.string(
        "configKey", maxLength: 100, pattern: .visibleText, required: true, example: "auth0")
    package static let configValue = Field.object("configValue", required: true).personal(.empty).withSecretMembers()
    package static let tenantID = Field.identifier("tenantId", required: true)

    /// The description.
    package static let entity = Entity(
        "TenantMgmtConfig", table: "tenant_mgmt_configs", description: "A setting of a tenant.",
        tenancy: .column(tenantID),
        fields: [configKey, configValue, tenantID],
        relations: [.belongsTo("tenant", "Tenant", by: tenantID)],
        alwaysSet: [configKey, configValue, tenantID, AuditBlock.createdOn, AuditBlock.modifiedOn, AuditBlock.deleted])
}
