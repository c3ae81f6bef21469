import PostgresClient
import Primitives

/// The database of a silo tenant.
struct TenantDatabase: Sendable {
    let name: SQLName
    private let mark: String
    private let removal: TenantRoleRemoval
    private let pool: PostgresPool

    init(_ context: StepContext, _ tenancy: PostgresTenancy) throws(ProvisioningFailure) {
        self.init(try SQLName(tenantKey: context.event.tenantKey), tenant: context.event.tenantID, tenancy)
    }

    init(_ name: SQLName, tenant: Identifier, _ tenancy: PostgresTenancy) {
        self.name = name
        mark = TenantRole.mark(tenant)
        removal = TenantRoleRemoval(name: name, tenant: tenant)
        pool = tenancy.pool
    }

    /// Makes the database, or finds it. Another process may be making it now, which PostgreSQL reports as
    /// `duplicateDatabase` or as a violated unique index.
    func ensure() async throws {
        if try await isThere() { return }
        do {
            _ = try await pool.query(
                PostgresStatement("CREATE DATABASE \(name.quoted) TEMPLATE template0", prepared: false))
        } catch {
            guard error.sqlState == .duplicateDatabase || error.sqlState == .uniqueViolation else { throw error }
            _ = try await isThere()
        }
    }

    /// Closes the database to everybody but the tenant's role, and marks it.
    func close() async throws {
        try await pool.withTransaction { transaction in
            try await transaction.lockOutOtherProvisioners()
            try await transaction.run("REVOKE ALL ON DATABASE \(name.quoted) FROM PUBLIC")
            try await transaction.run("GRANT CONNECT, CREATE, TEMPORARY ON DATABASE \(name.quoted) TO \(name.quoted)")
            try await transaction.run("COMMENT ON DATABASE \(name.quoted) IS '\(mark)'")
        }
    }

    /// Removes the database, and ends the sessions in it.
    func drop() async throws {
        guard try await isThere() else { return }
        try await pool.withTransaction { transaction in
            // Who ends the sessions of a role must be a member of it.
            if try await removal.isThere(in: transaction) { try await removal.close(in: transaction) }
        }
        try await dropFound()
    }

    /// Removes the database of a role of which the provisioner is a member already, or which has no sessions in it.
    func dropAsMember() async throws {
        guard try await isThere() else { return }
        try await dropFound()
    }

    private func dropFound() async throws {
        _ = try await pool.query(
            PostgresStatement("DROP DATABASE IF EXISTS \(name.quoted) WITH (FORCE)", prepared: false))
    }

    /// Whether the database is there and is this tenant's: marked, or not yet marked but made by the provisioner.
    func isThere() async throws -> Bool {
        guard let row = try await pool.query(Self.find, [.text(name.text)]).first else { return false }
        let found = try row.textIfPresent(1)
        guard try row.bool(0), found == nil || found == mark else {
            throw ProvisioningFailure.permanent("database \(name) exists and is not this tenant's")
        }
        return true
    }

    private static let find: PostgresStatement = """
        SELECT datdba = current_user::regrole, pg_catalog.shobj_description(oid, 'pg_database')
        FROM pg_catalog.pg_database WHERE datname = $1
        """
}
