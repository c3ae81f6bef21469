import ServiceKit

/// Who may read metrics at the port of a service: operators. They are about all tenants. At the management port ``MetricsAccess`` decides.
enum MetricsPolicy {
    static let read: Access = .operators(PermissionCatalog.viewMetrics)
}
