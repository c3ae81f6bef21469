import ServiceKit

/// Who may make tenants: operators, and a lead its own with the token that only it has.
enum OnboardingPolicy {
    private typealias Code = PermissionCatalog

    static let create = TenantPolicy.access.create
    /// The operation itself checks that the token is the lead's.
    static let createFromLead: Access = .owners()
}
