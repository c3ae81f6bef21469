import ServiceKit

/// Who may do what with settings of tenants, which decide how the tenant's users sign in: operators write them.
enum TenantConfigPolicy {
    private typealias Code = PermissionCatalog

    static let access = CRUDAccess(
        create: .operators(Code.createTenantConfig), view: .owners(Code.viewTenantConfig),
        update: .operators(Code.updateTenantConfig),
        delete: .operators(Code.deleteTenantConfig))
}
