import Foundation
package import PostgresTestSupport
import TestSupport

/// What a stack of services needs, whether they run in this process or in their own: databases, a
/// folder for mails, and the environment variables that lead there.
package struct StackData: Sendable {
    /// One of the services.
    package enum ServiceKind: String, Sendable, CaseIterable {
        case tenantManagement = "tenant-management"
        case subscription
        case orchestrator

        /// Its own database.
        package var database: DatabaseTemplate {
            switch self {
            case .tenantManagement: .tenantManagement
            case .subscription: .subscription
            case .orchestrator: .orchestrator
            }
        }
    }

    /// Where the databases are.
    package let servers: TestServers
    /// Mails of tenant management.
    package let mails: MailFolder
    private let databases: [DatabaseTemplate: TestDatabase]

    /// Makes databases for some services; the bus' is always there.
    package static func make(_ kinds: [ServiceKind], on servers: TestServers) async throws -> StackData {
        var databases: [DatabaseTemplate: TestDatabase] = [:]
        let wanted = kinds.map(\.database) + [.messageBus] + (kinds.contains(.orchestrator) ? [.application] : [])
        do {
            for template in wanted { databases[template] = try await TestDatabase.make(template, on: servers.postgres) }
            return StackData(servers: servers, mails: try MailFolder.make(), databases: databases)
        } catch {
            for database in databases.values { await database.drop() }
            throw error
        }
    }

    /// A database of the stack.
    package func database(_ template: DatabaseTemplate) throws -> TestDatabase {
        guard let database = databases[template] else { throw TestFailure("the stack has no database \(template)") }
        return database
    }

    /// The environment of a service: on a free port, with limits that no test reaches by accident.
    package func variables(_ kind: ServiceKind, tenantManagement: String?) throws -> [String: String] {
        var variables = [
            "ARC_ENV": "test", "HOST": "127.0.0.1", "PORT": "0", "METRICS_PORT": "0", "ACCESS_LOG": "false",
            "JWT_SECRET": TestTokens.secret, "JWT_ISSUER": TestTokens.issuer,
            "OPERATOR_TENANT_ID": TestTokens.operatorTenant,
            "REDIS_HOST": servers.redisHost, "REDIS_PORT": servers.redisPort,
            "RATE_LIMIT_KEY_PREFIX": "test-\(mails.path.suffix(12))",
            "PUBLIC_API_MAX_ATTEMPTS": "1000000", "WEBHOOK_API_MAX_ATTEMPTS": "1000000",
            "NOTIFICATION_TRANSPORT": "file", "NOTIFICATION_OUTBOX_PATH": mails.path,
            "PROVISIONING_BACKOFF_MILLIS": "50", "CALLBACK_BACKOFF_MILLIS": "50",
        ]
        variables.merge(address("DB", try database(kind.database))) { $1 }
        variables.merge(address("MESSAGE_BUS_DB", try database(.messageBus))) { $1 }
        if kind != .orchestrator { variables["PDF_RENDERER_PATH"] = try ArcCommand.pdfRenderer() }
        if kind == .subscription { variables["TEST_CLOCKS"] = "true" }
        if kind == .orchestrator {
            variables.merge(address("PROVISIONER_DB", try database(.application))) { $1 }
            variables["TENANT_MANAGEMENT_URL"] = tenantManagement
            // Longer than a loaded machine stalls: only a dead orchestrator may lose a run.
            variables["PROVISIONING_LEASE_MILLIS"] = "60000"
        }
        return variables
    }

    private func address(_ prefix: String, _ database: TestDatabase) -> [String: String] {
        [
            "\(prefix)_HOST": servers.postgres.host, "\(prefix)_PORT": servers.postgres.port,
            "\(prefix)_USER": database.template.runtimeRole, "\(prefix)_DATABASE": database.name,
            "\(prefix)_SSLMODE": "disable", "\(prefix)_MAX_CONNECTIONS": "6",
        ].merging(PatientDatabase.settings(prefix)) { $1 }
    }

    /// Delivers every event of the bus once more to all consumers that have handled it, and waits until it is handled again.
    package func redeliverEverything() async throws {
        let bus = try database(.messageBus)
        let isHandled = { try await bus.count("SELECT count(*) FROM main.deliveries") == 0 }
        try await eventually("everything is handled", is: isHandled)
        try await bus.query(
            """
            WITH delivered AS (
                INSERT INTO main.deliveries (group_name, position, lane, type)
                SELECT consumers.name, message.position, consumers.name || ':' || message.ordering_key, message.type
                FROM main.messages AS message JOIN main.consumer_groups AS consumers ON message.type = ANY (consumers.types)
                -- What was published meanwhile comes anyway.
                ON CONFLICT DO NOTHING
                RETURNING group_name)
            SELECT pg_notify('message_bus', woken.group_name) FROM (SELECT DISTINCT group_name FROM delivered) AS woken
            """)
        try await eventually("everything is handled again", is: isHandled)
    }

    /// Removes everything, after the services have ended.
    package func remove() async {
        if let application = databases[.application] {
            // Roles and databases of tenants are the cluster's, so they do not go with the stack's databases.
            let keys = (try? await databases[.tenantManagement]?.texts("SELECT key FROM main.tenants")) ?? []
            await application.drop()
            for key in keys {
                try? await servers.postgres.execute(
                    "DROP DATABASE IF EXISTS tenant_\(key) WITH (FORCE)", "DROP ROLE IF EXISTS tenant_\(key)")
            }
        }
        for database in databases.values { await database.drop() }
        mails.remove()
    }
}
