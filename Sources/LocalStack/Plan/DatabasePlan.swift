/// Which databases and roles a stack has. Data only; `BootstrapSQL` turns it into statements.
package enum DatabasePlan {
    /// The cluster's superuser. No service ever gets its password.
    package static let superuser = "postgres"

    /// One database with the two roles that may enter it.
    package struct Database: Sendable, Hashable {
        /// Its name.
        package let name: String
        /// Owns the database and its tables, runs migrations.
        package let owner: String
        /// Runtime role of the services, nil when only the owner works in it. Never owns anything, so that row-level
        /// security applies to it.
        package let runtime: String?
    }

    /// One role.
    package struct Role: Sendable, Hashable {
        /// Its name.
        package let name: String
        /// Whether it may create databases and roles: the provisioner of tenants' own databases. Up to PostgreSQL 15
        /// a role with CREATEROLE can also change other non-superuser roles, so nothing but the orchestrator's
        /// provisioning uses it.
        package let isProvisioner: Bool
    }

    /// Schema of every service's tables.
    package static let schema = "main"

    /// Tenant management's database.
    package static let tenantManagement = database("tenant_mgmt")
    /// The subscription service's database.
    package static let subscription = database("subscription")
    /// The message bus, which the three services share through a separate role.
    package static let messageBus = database("message_bus")
    /// The orchestrator's own database: inbox and outbox.
    package static let orchestrator = database("orchestrator")
    /// The shared application database of pooled tenants, owned by the provisioner.
    package static let application = Database(name: "application_db", owner: provisioner, runtime: nil)
    /// Creates tenants' schemas, databases and roles.
    package static let provisioner = "provisioner"

    /// All databases, in the order of their creation.
    package static let databases = [tenantManagement, subscription, messageBus, orchestrator, application]

    /// All roles, in the order of their creation.
    package static let roles = databases.flatMap { database in
        [database.owner, database.runtime].compactMap(\.self).map { Role(name: $0, isProvisioner: $0 == provisioner) }
    }

    private static func database(_ name: String) -> Database {
        Database(name: "\(name)_db", owner: "\(name)_owner", runtime: "\(name)_app")
    }
}
