import MessageBus
import Orchestrator
package import PostgresTestSupport
import Subscription
import TenantManagement

extension DatabaseTemplate {
    package static let tenantManagement = DatabaseTemplate(
        "tenant_mgmt", runtimeRole: "tenant_mgmt_app", migrations: TenantManagementMigrations.all)

    /// Copies of a template have the same seeded rows, and the tests share one Redis, where `plan:<id>` would be one
    /// entry for all of them. So each copy gets its own ids.
    package static let subscription = DatabaseTemplate(
        "subscription", runtimeRole: "subscription_app", migrations: SubscriptionMigrations.all
    ) { database in
        func id(_ column: String) -> String { "\(column) = md5(\(column)::text || '\(database)')::uuid" }
        return [
            "UPDATE main.currencies SET \(id("id"))", "UPDATE main.billing_cycles SET \(id("id"))",
            "UPDATE main.plans SET \(id("id")), \(id("currency_id")), \(id("billing_cycle_id"))",
        ]
    }

    package static let orchestrator = DatabaseTemplate(
        "orchestrator", runtimeRole: "orchestrator_app", migrations: OrchestratorMigrations.all)

    package static let messageBus = DatabaseTemplate(
        "message_bus", runtimeRole: "message_bus_app", migrations: MessageBusMigrations.all)

    /// The shared application database of pooled tenants: empty, and the provisioner's.
    package static let application = DatabaseTemplate(
        "application", runtimeRole: "provisioner", roleOptions: "CREATEDB CREATEROLE", isOwnedByRuntimeRole: true,
        migrations: [])
}
