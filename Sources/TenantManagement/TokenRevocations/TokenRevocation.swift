import Entities
import JSONCoding
import ServiceKit

/// Tokens that are no longer accepted: one, or all of a user that were issued before an instant.
enum TokenRevocation {
    /// What a revocation names.
    enum Kind: String, FieldValue, CaseIterable {
        /// One token, by its claim `jti`.
        case token
        /// All tokens of a user, by the claim `id` or `userTenantId`.
        case user
    }

    static let kind = Field<Kind>.string(
        "kind", required: true,
        description: "token: one token by its claim jti; user: all tokens of a user by the claim id or userTenantId")
    static let value = Field.string(
        "value", minLength: 1, maxLength: 255, required: true, description: "The claim",
        example: "0193f2a4-6b1e-7c55-9d0e-3b8a2f4c1e77")
    static let tenantID = Field.identifier(
        "tenantId",
        description: "Only tokens of this tenant; absent: of everybody. For users of a tenant always their own")
    static let issuedBefore = Field.timestamp(
        "issuedBefore",
        description: "Of a user: tokens that were issued before this instant (default: now, and not later)")
    static let expiresOn = Field.timestamp(
        "expiresOn",
        description:
            "When the last of the tokens has expired, after which the revocation is removed (default: after TOKEN_REVOCATION_DAYS)"
    )
    static let reason = Field.string("reason", maxLength: 200, example: "Laptop was stolen")
    static let createdOn = Field.timestamp("createdOn", access: .readOnly)
    static let createdBy = Field.identifier("createdBy", access: .readOnly, description: "Who revoked")

    /// The description.
    static let entity = Entity(
        "TokenRevocation", table: "token_revocations", description: "Tokens that are no longer accepted.", audit: .none,
        tenancy: .column(tenantID),
        fields: [kind, value, tenantID, issuedBefore, expiresOn, reason, createdOn, createdBy],
        relations: [.belongsTo("tenant", "Tenant", by: tenantID)], alwaysSet: [kind, value, createdOn])
}
