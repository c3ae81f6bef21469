import ServiceKit

/// Who may export tenants: operators.
enum ExportPolicy {
    private typealias Code = PermissionCatalog

    static let request: Access = .operators(Code.exportTenant)
    static let view: Access = .operators(Code.exportTenant)
    static let download: Access = .operators(Code.exportTenant)
}
