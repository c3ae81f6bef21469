import Entities
import JSONCoding
import ServiceKit

/// Something that plans may be made of.
enum ProvisionedResource {
    static let name = Field.string("name", maxLength: 100, pattern: .visibleText, required: true, example: "Bucket")
    static let config = Field.object("config", required: true, example: ["type": "s3"])

    /// The description.
    static let entity = Entity(
        "Resource", table: "resources", description: "A resource that plans may consist of.", tenancy: .shared,
        fields: [name, config],
        alwaysSet: [name, config, AuditBlock.createdOn, AuditBlock.modifiedOn, AuditBlock.deleted])

    /// Its operations.
    static let resource = EntityResource(
        entity, path: "/resources", controller: "ResourceController",
        access: ResourcePolicy.access)
}
