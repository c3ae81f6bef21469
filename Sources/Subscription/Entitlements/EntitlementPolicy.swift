import ServiceKit

/// Who may do what with entitlements: a tenant's own users see what their tenant has, and the application, which calls as an operator,
/// takes parts of the limits.
enum EntitlementPolicy {
    private typealias Code = PermissionCatalog

    static let view: Access = .owners(Code.viewEntitlements)
    static let reserve: Access = .operators(Code.reserveEntitlement)
}
