/// Why the personal data of a tenant cannot be erased.
enum ErasureError: Error, Sendable, Hashable {
    /// There is no such tenant.
    case tenantNotFound
    /// The tenant was not off-boarded: its users could still need their data.
    case notOffboarded
    /// Nothing was erased yet.
    case notErased
}
