package import Entities
import JSONCoding

/// A postal address of a lead or a tenant.
package enum Address {
    /// The description.
    package static let entity = Entity(
        "Address", table: "addresses", description: "A postal address of a lead or a tenant.",
        tenancy: .custom(
            "{row}.id = ANY (ARRAY(SELECT t.address_id FROM main.tenants AS t WHERE t.id = {tenant} "
                + "UNION ALL SELECT l.address_id FROM main.leads AS l WHERE l.id = {tenant}))"),
        fields: [
            .string("address", maxLength: 500, example: "1 Main Street"),
            .string("city", maxLength: 100, example: "Springfield"),
            .string("state", maxLength: 100),
            .string("zip", maxLength: 25, example: "12345"),
            .string("country", maxLength: 25, example: "India"),
        ],
        alwaysSet: ["createdOn", "modifiedOn", "deleted"])

    /// The names of the fields that make up an address.
    static let fieldNames = ["address", "city", "state", "zip", "country"]
}
