/// Why a tenant cannot be moved, or a move not be confirmed.
enum MoveError: Error, Sendable, Hashable {
    /// There is no such tenant for this caller.
    case tenantNotFound
    /// The tenant is in a state in which it has no data that could be moved.
    /// - Parameter status: nil for one that is not known.
    case wrongState(Tenant.Status?)
    /// Something else is being done for the tenant.
    case busy
    /// Neither a kind of place nor a server was named.
    case withoutTarget
    /// There is no move that could be confirmed.
    case nothingToConfirm
    /// The move has not ended yet.
    case notEnded
    /// No move has succeeded, so there is no old copy.
    case failed
}
