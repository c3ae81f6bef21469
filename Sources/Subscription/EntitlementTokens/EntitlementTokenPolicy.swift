import ServiceKit

/// Who may get entitlement tokens: the application, and a tenant's own users for their tenant. They say nothing that `/entitlements` does
/// not show.
enum EntitlementTokenPolicy {
    static let issue: Access = .owners(PermissionCatalog.issueEntitlementToken)
}
