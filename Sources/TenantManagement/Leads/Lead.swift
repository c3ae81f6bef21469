package import Entities
import JSONCoding
package import Primitives

/// Somebody who has registered and may become a tenant.
package enum Lead {
    package static let firstName = Field.string(
        "firstName", minLength: 1, maxLength: 100, pattern: .personName, required: true, example: "Ann"
    ).personal(.text("erased"))
    package static let lastName = Field.string(
        "lastName", minLength: 1, maxLength: 100, pattern: .personName, required: true, example: "Lee"
    ).personal(.text("erased"))
    package static let companyName = Field.string(
        "companyName", minLength: 1, maxLength: 100, pattern: .organizationName, required: true, example: "Acme"
    ).personal(.text("erased"))
    package static let email = Field.string("email", maxLength: 100, required: true, example: "ann@acme.com")
        .personal(.unreachableAddress)
    package static let isValidated = Field.boolean(
        "isValidated", required: true, description: "Whether the e-mail address is verified")
    package static let addressID = Field.identifier("addressId")

    /// The lead's postal address.
    static let address = Relation.belongsTo("address", "Address", by: addressID)

    /// The description. A lead's token sees its own lead; a tenant's users see the lead that became their tenant.
    package static let entity = Entity(
        "Lead", table: "leads", description: "A prospect who has registered and may become a tenant.",
        tenancy: .custom(
            "{row}.id = ANY (ARRAY(SELECT t.lead_id FROM main.tenants AS t WHERE t.id = {tenant} UNION ALL SELECT {tenant}))"
        ),
        fields: [firstName, lastName, companyName, email, isValidated, addressID],
        relations: [
            .hasOne("tenant", "Tenant", by: Tenant.leadID),
            address,
        ],
        alwaysSet: [
            firstName, lastName, email, isValidated, AuditBlock.createdOn, AuditBlock.modifiedOn, AuditBlock.deleted,
        ])
}
