import Primitives

/// A user who was set up for a tenant at an identity provider.
struct IdentityAccount: Sendable, Hashable {
    /// What the users of a tenant shall be.
    enum Goal: String, Sendable {
        case enabled
        case disabled
        case deleted
    }

    let tenant: Identifier
    /// The tenant's key.
    let key: String
    let provider: String
    /// The realm or organization.
    let home: String
    /// Whether the home is the tenant's own.
    let isSiloed: Bool
    let userID: String
}
