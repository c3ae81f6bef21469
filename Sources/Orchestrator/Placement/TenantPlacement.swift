import Primitives

/// Where a tenant's data is, or will be.
struct TenantPlacement: Sendable, Hashable {
    enum Kind: String, Sendable, CaseIterable {
        /// A schema in the shared database of a server.
        case pooled
        /// Its own database.
        case silo
    }

    enum Role: String, Sendable {
        /// Where the data is.
        case current
        /// Where a move copies it to.
        case target
        /// The copy that a move has left.
        case previous
    }

    enum State: String, Sendable {
        /// Counts, but nothing may exist yet.
        case reserved
        /// The data is there.
        case placed
    }

    let tenant: Identifier
    let tenantKey: String
    let role: Role
    /// The name of the server.
    let server: String
    let kind: Kind
    let database: String
    let state: State
    /// In upper case; empty for a placement from before tiers were stored.
    var tier = ""
}
