import ServiceKit

/// Who may read statistics at the port of a service: operators. They are about all tenants. At the management port ``MetricsAccess``
/// decides, and at the path of the original its name and password.
enum StatisticsPolicy {
    static let read: Access = .operators(PermissionCatalog.viewStatistics)
    /// The same as metrics, under the names of swagger-stats.
    static let readMetrics: Access = .operators(PermissionCatalog.viewMetrics)
}
