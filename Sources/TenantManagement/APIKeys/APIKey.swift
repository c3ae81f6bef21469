import Entities
import JSONCoding
import ServiceKit

/// A secret with which programs call the API instead of users: a tenant's, or the operator's.
enum APIKey {
    /// Whose a key is.
    enum Audience: String, FieldValue, CaseIterable {
        /// A tenant's: it sees and changes what users of that tenant may.
        case tenant
        /// The operator's: it acts for all tenants.
        case `operator`
    }

    static let maximumPermissions = 300
    static let maximumRoles = 20

    static let name = Field.string(
        "name", minLength: 1, maxLength: 100, pattern: .visibleText, required: true, description: "What it is for",
        example: "Nightly billing export"
    ).personal(.text("erased"))
    static let description = Field.string(
        "description", maxLength: 500, nullable: true, example: "Runs on ci-7"
    ).personal(.nothing)
    static let tenantID = Field.identifier(
        "tenantId", access: .readOnly, description: "The tenant whose key it is; absent for the operator's")
    static let audience = Field<Audience>.string(
        "audience", access: .readOnly, description: "Whose key it is: a tenant's or the operator's")
    static let prefix = Field.string(
        "prefix", access: .readOnly, description: "Beginning of the current key, by which people recognize it",
        example: "arc_4fQz81Lm")
    static let permissions = Field.strings(
        "permissions", access: .readOnly, description: "Permission codes that the key holds", example: ["10207"])
    static let roles = Field.strings(
        "roles", access: .readOnly, description: "Roles whose permissions the key holds as well", example: ["Billing"])
    static let expiresOn = Field.timestamp(
        "expiresOn", access: .readOnly, description: "When the key ends; it is refused from then on")
    static let rotatedOn = Field.timestamp(
        "rotatedOn", access: .readOnly, description: "When the current key replaced the one before it")
    static let rotationReason = Field.string(
        "rotationReason", maxLength: 200, access: .readOnly, description: "Why", example: "Yearly rotation"
    ).personal(.nothing)
    static let previousExpiresOn = Field.timestamp(
        "previousExpiresOn", access: .readOnly,
        description: "Until when the key before the last rotation is accepted as well")
    static let lastUsedOn = Field.timestamp(
        "lastUsedOn", access: .readOnly, description: "Last use on any service, up to two minutes late")

    static let tenant = Relation.belongsTo("tenant", "Tenant", by: tenantID)

    /// The description.
    static let entity = Entity(
        "ApiKey", table: "api_keys", description: "A secret with which programs call the API instead of users.",
        tenancy: .column(tenantID),
        fields: [
            name, description, tenantID, audience, prefix, permissions, roles, expiresOn, rotatedOn,
            rotationReason, previousExpiresOn, lastUsedOn,
        ],
        relations: [tenant],
        alwaysSet: [
            name, audience, prefix, permissions, roles, expiresOn, AuditBlock.createdOn, AuditBlock.modifiedOn,
            AuditBlock.deleted,
        ])
}
