import ServiceKit

/// Who may off-board tenants, and see that: operators.
enum OffboardingPolicy {
    private typealias Code = PermissionCatalog

    static let schedule: Access = .operators(Code.offboardTenant)
    static let cancel: Access = .operators(Code.offboardTenant)
    static let view: Access = .operators(Code.offboardTenant)
}
