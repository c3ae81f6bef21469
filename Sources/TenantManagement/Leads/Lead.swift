package import Entities
import JSONCoding

/// Somebody who has registered and may become a tenant.
package enum Lead {
    /// The description. A lead's token sees its own lead; a tenant's users see the lead that became their tenant.
    package static let entity = Entity(
        "Lead", table: "leads", description: "A prospect who has registered and may become a tenant.",
        tenancy: .custom(
            "{row}.id = ANY (ARRAY(SELECT t.lead_id FROM main.tenants AS t WHERE t.id = {tenant} UNION ALL SELECT {tenant}))"
        ),
        fields: [
            .string("firstName", minLength: 1, maxLength: 100, pattern: .personName, required: true, example: "Ann"),
            .string("lastName", minLength: 1, maxLength: 100, pattern: .personName, required: true, example: "Lee"),
            .string(
                "companyName", minLength: 1, maxLength: 100, pattern: .organizationName, required: true,
                example: "Acme"),
            .string("email", maxLength: 100, required: true, example: "ann@acme.com"),
            .boolean("isValidated", required: true, description: "Whether the e-mail address is verified"),
            .identifier("addressId"),
        ],
        relations: [
            .hasOne("tenant", "Tenant", by: "leadId"),
            .belongsTo("address", "Address", by: "addressId"),
        ],
        alwaysSet: ["firstName", "lastName", "email", "isValidated", "createdOn", "modifiedOn", "deleted"])
}
