package import Entities
import JSONCoding

/// Something that was created for a tenant: a schema, a database, a bucket.
package enum Resource {
    /// The description.
    package static let entity = Entity(
        "Resource", table: "resources", description: "A resource that was created for a tenant.",
        tenancy: .column("tenantId"),
        fields: [
            .string(
                "externalIdentifier", maxLength: 200, pattern: .visibleText, required: true,
                description: "Name of the resource in its environment"),
            .string("type", maxLength: 100, pattern: .visibleText, required: true, example: "postgres-schema"),
            .object("metadata", required: true),
            .identifier("tenantId", required: true),
        ],
        relations: [.belongsTo("tenant", "Tenant", by: "tenantId")],
        uniqueKeys: [UniqueKey("idx_resource_type_ext_id", "externalIdentifier", "type", "tenantId")],
        alwaysSet: ["type", "metadata", "externalIdentifier", "tenantId", "createdOn", "modifiedOn", "deleted"])
}
