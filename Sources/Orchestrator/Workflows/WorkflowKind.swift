/// What a workflow does for a tenant. The raw values are stored and sent.
package enum WorkflowKind: String, Sendable, Hashable, CaseIterable {
    /// Make what the tenant needs.
    case provision
    /// Remove what was made for the tenant.
    case deprovision
    /// Move what was made for the tenant to another place.
    case move
}
