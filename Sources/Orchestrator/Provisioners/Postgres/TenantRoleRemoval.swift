import PostgresClient
import Primitives

/// Takes away a tenant's login role, or its right to log in.
struct TenantRoleRemoval: Sendable {
    let name: SQLName
    let tenant: Identifier

    /// Whether the role exists.
    /// - Throws: a permanent failure when it is another tenant's.
    func isThere(in transaction: PostgresTransaction) async throws -> Bool {
        guard let row = try await transaction.query(Self.find, [.text(name.text)]).first else { return false }
        guard try row.textIfPresent(0) == TenantRole.mark(tenant) else {
            throw ProvisioningFailure.permanent("role \(name) exists and is not this tenant's")
        }
        return true
    }

    /// Nobody can log in as the role any more. The provisioner becomes a member, which may end the role's sessions.
    func close(in transaction: PostgresTransaction) async throws {
        try await transaction.run("ALTER ROLE \(name.quoted) NOLOGIN")
        try await transaction.join(name)
    }

    /// The opposite of ``close(in:)``.
    func open(in transaction: PostgresTransaction) async throws {
        try await transaction.run("ALTER ROLE \(name.quoted) LOGIN")
        try await transaction.run("REVOKE \(name.quoted) FROM CURRENT_USER")
    }

    /// Ends the sessions of the role in all databases.
    func endSessions(on pool: PostgresPool) async throws {
        _ = try await pool.query(Self.terminate, [.text(name.text)])
    }

    /// Drops the role with what it owns in the database of the transaction.
    func drop(in transaction: PostgresTransaction) async throws {
        // Who drops what a role owns must be a member of it.
        try await transaction.join(name)
        try await transaction.run("DROP OWNED BY \(name.quoted) CASCADE")
        try await transaction.run("DROP ROLE \(name.quoted)")
    }

    private static let find: PostgresStatement = """
        SELECT pg_catalog.shobj_description(oid, 'pg_authid') FROM pg_catalog.pg_roles WHERE rolname = $1
        """

    private static let terminate: PostgresStatement = """
        SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE usename = $1
        """
}
