package import Entities
import JSONCoding
import ServiceKit

/// A person at a tenant.
package enum Contact {
    /// The description.
    package static let entity = Entity(
        "Contact", table: "contacts", description: "A person at a tenant.", tenancy: .column("tenantId"),
        fields: [
            .string("firstName", maxLength: 100, pattern: .personName, required: true, example: "Ann"),
            .string("lastName", maxLength: 100, pattern: .personName, required: true, example: "Lee"),
            .string("email", maxLength: 100, format: .email, required: true, example: "ann@acme.com"),
            .boolean("isPrimary", required: true, description: "Whether this contact receives mails about the tenant"),
            .string("type", maxLength: 100, pattern: .visibleText, column: "contact_type", example: "admin"),
            .identifier("tenantId", required: true),
        ],
        relations: [.belongsTo("tenant", "Tenant", by: "tenantId")],
        alwaysSet: ["firstName", "lastName", "email", "isPrimary", "tenantId", "createdOn", "deleted"])

    /// Its operations.
    static let resource = EntityResource(
        entity, path: "/contacts", controller: "ContactController",
        permissions: CRUDPermissions(create: ["10208"], view: ["10211"], update: ["10209"], delete: ["10210"]),
        writers: .owners)
}
