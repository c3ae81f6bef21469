package import Entities
import JSONCoding

/// A setting of a tenant, such as its identity provider's.
package enum TenantConfig {
    /// The description.
    package static let entity = Entity(
        "TenantMgmtConfig", table: "tenant_mgmt_configs", description: "A setting of a tenant.",
        tenancy: .column("tenantId"),
        fields: [
            .string("configKey", maxLength: 100, pattern: .visibleText, required: true, example: "auth0"),
            .object("configValue", required: true),
            .identifier("tenantId", required: true),
        ],
        relations: [.belongsTo("tenant", "Tenant", by: "tenantId")],
        alwaysSet: ["configKey", "configValue", "tenantId", "createdOn", "modifiedOn", "deleted"])
}
