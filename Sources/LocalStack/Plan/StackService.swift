/// One of the stack's services, as `arc serve` knows it.
package struct StackService: Sendable, Hashable {
    /// The name that `arc serve` and `arc migrate --service` take.
    package let name: String
    /// Variable with its port.
    package let portVariable: String
    /// Port when the variable is not set.
    package let defaultPort: UInt16
    /// Its own database.
    package let database: DatabasePlan.Database
    /// Its database number in Redis.
    package let redisDatabase: Int
    /// Whether it has an API to explore under `/explorer`.
    package let hasExplorer: Bool

    /// Tenant management, on 3005.
    package static let tenantManagement = StackService(
        name: "tenant-management", portVariable: "TENANT_MANAGEMENT_PORT", defaultPort: 3005,
        database: DatabasePlan.tenantManagement, redisDatabase: 0, hasExplorer: true)
    /// The subscription service, on 3002.
    package static let subscription = StackService(
        name: "subscription", portVariable: "SUBSCRIPTION_PORT", defaultPort: 3002,
        database: DatabasePlan.subscription, redisDatabase: 1, hasExplorer: true)
    /// The orchestrator, on 3003.
    package static let orchestrator = StackService(
        name: "orchestrator", portVariable: "ORCHESTRATOR_PORT", defaultPort: 3003,
        database: DatabasePlan.orchestrator, redisDatabase: 0, hasExplorer: false)

    /// All services, in the order in which they start; they stop the other way round.
    package static let all = [tenantManagement, subscription, orchestrator]
}
