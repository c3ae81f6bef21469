import PostgresClient
import Primitives

/// The login role of a tenant.
struct TenantRole: Sendable {
    let name: SQLName
    let tenant: Identifier
    let connectionLimit: Int
    let verifier: String

    /// Marks roles and databases as a tenant's, so that no tenant is ever given what is another's.
    static func mark(_ tenant: Identifier) -> String { "\(markPrefix)\(tenant)" }

    /// How every mark begins.
    static let markPrefix = "arc tenant "

    /// Makes the role, or gives it its password and limit again.
    ///
    /// ALTER ROLE must not name SUPERUSER and the like: PostgreSQL allows that to superusers only, even with NO.
    func ensure(in transaction: PostgresTransaction) async throws {
        let found = try await transaction.query(Self.find, [.text(name.text)])
        let login = "LOGIN CONNECTION LIMIT \(connectionLimit) PASSWORD '\(verifier)'"
        guard let row = found.first else {
            let attributes = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOREPLICATION NOBYPASSRLS"
            try await transaction.run("CREATE ROLE \(name.quoted) \(attributes) \(login)")
            try await transaction.run("COMMENT ON ROLE \(name.quoted) IS '\(Self.mark(tenant))'")
            return
        }
        guard try row.textIfPresent(0) == Self.mark(tenant) else {
            throw ProvisioningFailure.permanent("role \(name) exists and is not this tenant's")
        }
        guard try row.bool(1) == false else {
            throw ProvisioningFailure.permanent("role \(name) has rights that no tenant may have")
        }
        try await transaction.run("ALTER ROLE \(name.quoted) \(login)")
    }

    private static let find: PostgresStatement = """
        SELECT pg_catalog.shobj_description(oid, 'pg_authid'),
            rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls
                OR EXISTS (SELECT FROM pg_catalog.pg_auth_members WHERE member = role.oid)
        FROM pg_catalog.pg_roles AS role WHERE rolname = $1
        """
}

extension PostgresTransaction {
    /// Runs a utility command, which takes no parameters.
    func run(_ command: String) async throws(PostgresError) {
        _ = try await query(PostgresStatement(command, prepared: false))
    }

    /// Makes the provisioner a member of a tenant's role, which whoever drops or changes what the role owns must be.
    ///
    /// A session remembers its memberships, and PostgreSQL can miss a grant of another session that is committed while it looks
    /// them up. A GRANT of what is there already changes nothing, so the session would go on without the membership. A REVOKE in
    /// between makes it look again; without the first GRANT it would log a warning when there is nothing to revoke.
    func join(_ role: SQLName) async throws(PostgresError) {
        try await run("GRANT \(role.quoted) TO CURRENT_USER")
        try await run("REVOKE \(role.quoted) FROM CURRENT_USER")
        try await run("GRANT \(role.quoted) TO CURRENT_USER")
    }

    /// Holds up other provisioners of this server until the transaction ends: GRANT and ALTER ROLE on shared objects
    /// fail with "tuple concurrently updated" when two do it at once.
    func lockOutOtherProvisioners() async throws(PostgresError) {
        // 'arcprov' in ASCII: a separate lock space.
        _ = try await query("SELECT pg_catalog.pg_advisory_xact_lock(27428844154810230)")
    }
}

extension ProvisioningFailure {
    /// What a failed statement means for the attempt.
    static func from(_ error: any Error) -> ProvisioningFailure {
        if let failure = error as? ProvisioningFailure { return failure }
        guard let error = error as? PostgresError else { return .transient("unexpected \(type(of: error))") }
        // Not for good: PostgreSQL may not have noticed a membership yet (``PostgresTransaction/join(_:)``).
        if error.sqlState == .insufficientPrivilege {
            return .transient("the provisioner's role lacks a privilege: \(error)")
        }
        return error.isDependencyUnavailable ? .unavailable("\(error)") : .transient("\(error)")
    }
}
