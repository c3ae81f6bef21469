package import Entities
import JSONCoding
package import Primitives
import ServiceKit

/// A person at a tenant.
package enum Contact {
    package static let firstName = Field.string(
        "firstName", maxLength: 100, pattern: .personName, required: true, example: "Ann"
    ).personal(.text("erased"))
    package static let lastName = Field.string(
        "lastName", maxLength: 100, pattern: .personName, required: true, example: "Lee"
    ).personal(.text("erased"))
    package static let email = Field.string(
        "email", maxLength: 100, format: .email, required: true, example: "ann@acme.com"
    ).personal(.unreachableAddress)
    package static let isPrimary = Field.boolean(
        "isPrimary", required: true, description: "Whether this contact receives mails about the tenant")
    package static let type = Field.string(
        "type", maxLength: 100, pattern: .visibleText, column: "contact_type", example: "admin")
    package static let tenantID = Field.identifier("tenantId", required: true)

    /// The description.
    package static let entity = Entity(
        "Contact", table: "contacts", description: "A person at a tenant.", tenancy: .column(tenantID),
        fields: [firstName, lastName, email, isPrimary, type, tenantID],
        relations: [.belongsTo("tenant", "Tenant", by: tenantID)],
        alwaysSet: [firstName, lastName, email, isPrimary, tenantID, AuditBlock.createdOn, AuditBlock.deleted])

    /// Its operations.
    static let resource = EntityResource(
        entity, path: "/contacts", controller: "ContactController",
        access: ContactPolicy.access)
}
