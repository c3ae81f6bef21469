import ServiceKit

/// Who may read metrics and statistics at the port of a service: operators. They are about all tenants.
enum MonitoringPolicy {
    static let metrics: Access = .operators(PermissionCatalog.viewMetrics)
    static let statistics: Access = .operators(PermissionCatalog.viewStatistics)
}
