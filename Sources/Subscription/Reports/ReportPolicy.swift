import ServiceKit

/// Who reads reports, and who says what tenants cost: operators.
enum ReportPolicy {
    static let view: Access = .operators(PermissionCatalog.viewStatistics)
    static let setCost: Access = .operators(PermissionCatalog.updateInvoice)
}
