package import Primitives

/// Tokens that are no longer accepted: one token, or all of a user that were issued before an instant.
package struct Revocation: Sendable, Hashable {
    /// What it names.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// A token by its claim `jti`.
        case token
        /// A user by the claim `id` or `userTenantId`.
        case user
    }

    package let id: Identifier
    package let kind: Kind
    /// The claim.
    package let value: String
    /// Only tokens of this tenant; nil: tokens of everybody.
    package let tenant: Identifier?
    /// Of a user: tokens that were issued before this instant. Nil for a single token.
    package let issuedBefore: Timestamp?
    /// When the last of the tokens has expired; nil: never.
    package let expiresOn: Timestamp?

    package init(
        id: Identifier, kind: Kind, value: String, tenant: Identifier?, issuedBefore: Timestamp?,
        expiresOn: Timestamp?
    ) {
        self.id = id
        self.kind = kind
        self.value = value
        self.tenant = tenant
        self.issuedBefore = issuedBefore
        self.expiresOn = expiresOn
    }
}
