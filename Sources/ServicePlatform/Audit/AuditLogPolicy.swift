import ServiceKit

/// Who may see the audit log: operators all of it, a tenant's users what was changed in their tenant. Nobody may change it.
enum AuditLogPolicy {
    static let view: Access = .owners(PermissionCatalog.viewAuditLog)
    /// There are no such operations.
    static let none: Access = .operators()
}
