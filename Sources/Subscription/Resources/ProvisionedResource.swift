import Entities
import JSONCoding
import ServiceKit

/// Something that plans may be made of.
enum ProvisionedResource {
    /// The description.
    static let entity = Entity(
        "Resource", table: "resources", description: "A resource that plans may consist of.", tenancy: .shared,
        fields: [
            .string("name", maxLength: 100, pattern: .visibleText, required: true, example: "Bucket"),
            .object("config", required: true, example: ["type": "s3"]),
        ],
        alwaysSet: ["name", "config", "createdOn", "modifiedOn", "deleted"])

    /// Its operations.
    static let resource = EntityResource(
        entity, path: "/resources", controller: "ResourceController",
        permissions: CRUDPermissions(create: ["7013"], view: ["7016"], update: ["7014"], delete: ["7015"]),
        writers: .operators)
}
