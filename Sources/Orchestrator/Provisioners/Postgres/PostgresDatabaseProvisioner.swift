import Logging
import PostgresClient

/// For silo tiers: a database `tenant_<key>` that nobody but the login role of the same name can enter, with a schema
/// of that name too, so that a tenant can move from the shared database without a change in its application.
///
/// CREATE DATABASE cannot run in a transaction. So each step can be repeated, and the role, which marks the name as
/// this tenant's, comes first.
struct PostgresDatabaseProvisioner: Provisioner {
    /// Name in the tiers file, and the type of the resource.
    static let name = "postgres-database"

    let tenancy: PostgresTenancy
    let logger: Logger

    func provision(_ event: ProvisioningEvent) async throws(ProvisioningFailure) -> ProvisioningOutcome {
        let name = try SQLName(tenantKey: event.tenantKey)
        let (role, secretRef) = try await tenancy.role(name, for: event)
        do {
            try await tenancy.pool.withTransaction { transaction in
                try await transaction.lockOutOtherProvisioners()
                try await role.ensure(in: transaction)
            }
            try await ensureDatabase(name, mark: TenantRole.mark(event.tenantID))
            try await closeDatabase(name, mark: TenantRole.mark(event.tenantID))
            try await fillDatabase(name)
        } catch {
            throw .from(error)
        }
        let resource = tenancy.resource(
            type: Self.name, name: name, database: name.text, secretRef: secretRef, externalIdentifier: name.text)
        return .provisioned([resource], appPlaneURL: nil)
    }

    /// Makes the database, or finds it. Another process may be making it now, which PostgreSQL reports as
    /// `duplicateDatabase` or as a violated unique index.
    private func ensureDatabase(_ name: SQLName, mark: String) async throws {
        if try await isThere(name, mark: mark) { return }
        do {
            _ = try await tenancy.pool.query(
                PostgresStatement("CREATE DATABASE \(name.quoted) TEMPLATE template0", prepared: false))
        } catch {
            guard error.sqlState == .duplicateDatabase || error.sqlState == .uniqueViolation else { throw error }
            _ = try await isThere(name, mark: mark)
        }
    }

    /// Whether the database is there and is this tenant's: marked, or not yet marked but made by the provisioner.
    private func isThere(_ name: SQLName, mark: String) async throws -> Bool {
        guard let row = try await tenancy.pool.query(Self.findDatabase, [.text(name.text)]).first else { return false }
        let found = try row.textIfPresent(1)
        guard try row.bool(0), found == nil || found == mark else {
            throw ProvisioningFailure.permanent("database \(name) exists and is not this tenant's")
        }
        return true
    }

    private func closeDatabase(_ name: SQLName, mark: String) async throws {
        try await tenancy.pool.withTransaction { transaction in
            try await transaction.lockOutOtherProvisioners()
            try await transaction.run("REVOKE ALL ON DATABASE \(name.quoted) FROM PUBLIC")
            try await transaction.run("GRANT CONNECT, CREATE, TEMPORARY ON DATABASE \(name.quoted) TO \(name.quoted)")
            try await transaction.run("COMMENT ON DATABASE \(name.quoted) IS '\(mark)'")
        }
    }

    /// Enters the new database for a moment.
    private func fillDatabase(_ name: SQLName) async throws {
        var configuration = tenancy.configuration
        configuration.database = name.text
        configuration.maximumConnections = 1
        let pool = PostgresPool(configuration: configuration, logger: logger)
        do {
            try await pool.withTransaction { transaction in
                try await transaction.lockOutOtherProvisioners()
                try await tenancy.ensureSchema(name, database: name.text, in: transaction)
            }
        } catch {
            await pool.shutdown()
            throw error
        }
        await pool.shutdown()
    }

    private static let findDatabase: PostgresStatement = """
        SELECT datdba = current_user::regrole, pg_catalog.shobj_description(oid, 'pg_database')
        FROM pg_catalog.pg_database WHERE datname = $1
        """
}
