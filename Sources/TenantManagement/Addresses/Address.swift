package import Entities
import JSONCoding

/// A postal address of a lead or a tenant.
package enum Address {
    package static let address = Field.string("address", maxLength: 500, example: "1 Main Street")
        .personal(.nothing, fiscal: true)
    package static let city = Field.string("city", maxLength: 100, example: "Springfield")
        .personal(.nothing, fiscal: true)
    package static let state = Field.string("state", maxLength: 100).personal(.nothing, fiscal: true)
    package static let zip = Field.string("zip", maxLength: 25, example: "12345").personal(.nothing, fiscal: true)
    package static let country = Field.string("country", maxLength: 25, example: "India")
        .personal(.nothing, fiscal: true)

    /// The description.
    package static let entity = Entity(
        "Address", table: "addresses", description: "A postal address of a lead or a tenant.",
        tenancy: .custom(
            "{row}.id = ANY (ARRAY(SELECT t.address_id FROM main.tenants AS t WHERE t.id = {tenant} "
                + "UNION ALL SELECT l.address_id FROM main.leads AS l WHERE l.id = {tenant}))"),
        fields: [address, city, state, zip, country],
        alwaysSet: [AuditBlock.createdOn, AuditBlock.modifiedOn, AuditBlock.deleted])

    /// The fields that make up an address.
    static let parts = [address, city, state, zip, country]
}
