import Entities
import ServiceKit

/// Who may do what with tenants: operators add and remove them, and a tenant's own users read theirs and change little of it.
enum TenantPolicy {
    private typealias Code = PermissionCatalog

    /// The fields that are not listed belong to the operator, or refer to rows that need not be the tenant's.
    static let access = CRUDAccess(
        create: .operators(Code.createTenant), view: .owners(Code.viewTenant), update: .owners(Code.updateTenant),
        delete: .operators(Code.deleteTenant), writableByTenant: [Tenant.name, Tenant.spocUserID])
}
