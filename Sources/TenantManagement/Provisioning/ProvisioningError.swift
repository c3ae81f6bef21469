/// Why the provisioning of a tenant cannot start.
enum ProvisioningError: Error, Sendable, Hashable {
    /// The subscription has no id.
    case subscriptionIDMissing
    /// The subscription's plan has no tier, which says how the tenant is provisioned.
    case tierMissing
    /// There is no such tenant for this caller.
    case tenantNotFound
    /// The tenant is in a state from which it cannot be provisioned.
    /// - Parameter status: nil for one that is not known.
    case wrongState(status: Tenant.Status?, allowed: [Tenant.Status])
    /// Somebody else has changed the tenant since it was read; worth another attempt.
    case changedMeanwhile
    /// The event, tenant and contacts included, would have more bytes than a bus accepts.
    case planTooLarge(limit: Int)
    /// The plan nests deeper than readers of the event accept.
    case planTooDeep(limit: Int)
}
