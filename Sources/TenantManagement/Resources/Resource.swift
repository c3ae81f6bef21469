package import Entities
package import JSONCoding
package import Primitives

/// Something that was created for a tenant: a schema, a database, a bucket.
package enum Resource {
    package static let externalIdentifier = Field.string(
        "externalIdentifier", maxLength: 200, pattern: .visibleText, required: true,
        description: "Name of the resource in its environment")
    package static let type = Field.string(
        "type", maxLength: 100, pattern: .visibleText, required: true, example: "postgres-schema")
    package static let metadata = Field.object("metadata", required: true).personal(.empty)
    package static let tenantID = Field.identifier("tenantId", required: true)

    /// The description.
    package static let entity = Entity(
        "Resource", table: "resources", description: "A resource that was created for a tenant.",
        tenancy: .column(tenantID),
        fields: [externalIdentifier, type, metadata, tenantID],
        relations: [.belongsTo("tenant", "Tenant", by: tenantID)],
        uniqueKeys: [UniqueKey("idx_resource_type_ext_id", externalIdentifier, type, tenantID)],
        alwaysSet: [
            type, metadata, externalIdentifier, tenantID, AuditBlock.createdOn, AuditBlock.modifiedOn,
            AuditBlock.deleted,
        ])
}
