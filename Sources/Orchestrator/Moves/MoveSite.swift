import PostgresClient
import Primitives

/// One end of a move: a server, and the database in which the tenant's data is or will be.
struct MoveSite: Sendable {
    let placement: TenantPlacement
    let tenancy: PostgresTenancy
    let name: SQLName

    /// In the shared database of the server.
    var pool: PostgresPool { tenancy.pool }

    private var removal: TenantRoleRemoval { TenantRoleRemoval(name: name, tenant: placement.tenant) }

    init(_ placement: TenantPlacement, _ tenancy: PostgresTenancy) throws(ProvisioningFailure) {
        self.placement = placement
        self.tenancy = tenancy
        name = try SQLName(tenantKey: placement.tenantKey)
    }

    /// How the provisioner enters the database of the data.
    var configuration: PostgresConfiguration {
        var configuration = tenancy.configuration
        configuration.database = placement.database
        return configuration
    }

    /// A connection to the database of the data, for statements that may take as long as the window.
    func inDatabase<Value: Sendable>(
        timeLimit: Duration = .seconds(60), _ body: (PostgresPool) async throws -> Value
    ) async throws -> Value {
        try await tenancy.inDatabase(placement.database, timeLimit: timeLimit, body)
    }

    /// Does something under the lock of the server's provisioners.
    func locked<Value: Sendable>(
        _ body: (PostgresTransaction) async throws -> Value
    ) async throws(ProvisioningFailure) -> Value {
        do {
            return try await pool.withTransaction { transaction in
                try await transaction.lockOutOtherProvisioners()
                return try await body(transaction)
            }
        } catch {
            throw .from(error)
        }
    }

    // MARK: Access of the tenant's role

    /// New sessions of the tenant can only read; those that exist are ended.
    func forbidWrites() async throws(ProvisioningFailure) {
        try await locked { transaction in
            guard try await removal.isThere(in: transaction) else {
                throw ProvisioningFailure.permanent("role \(name) does not exist; provision the tenant again first")
            }
            try await transaction.run("ALTER ROLE \(name.quoted) IN DATABASE \(database) SET \(Self.readOnly) = on")
            // Who ends the sessions of a role, and reads its tables, must be a member of it.
            try await transaction.join(name)
        }
        try await endSessions()
    }

    /// The opposite of ``forbidWrites()``. Sessions that can only read are ended.
    func allowWrites() async throws(ProvisioningFailure) {
        let hasRole = try await locked { transaction in
            let hasRole = try await removal.isThere(in: transaction)
            if hasRole {
                try await transaction.run("ALTER ROLE \(name.quoted) IN DATABASE \(database) RESET \(Self.readOnly)")
                try await transaction.join(name)
            }
            return hasRole
        }
        guard hasRole else { return }
        try await endSessions()
        try await locked { try await $0.run("REVOKE \(name.quoted) FROM CURRENT_USER") }
    }

    /// Nobody can log in as the tenant; its sessions are ended.
    func close() async throws(ProvisioningFailure) {
        let hasRole = try await locked { transaction in
            let hasRole = try await removal.isThere(in: transaction)
            if hasRole { try await removal.close(in: transaction) }
            return hasRole
        }
        if hasRole { try await endSessions() }
    }

    /// The tenant can log in; the provisioner is still a member of its role.
    func open() async throws(ProvisioningFailure) {
        try await locked { transaction in
            if try await removal.isThere(in: transaction) {
                try await transaction.run("ALTER ROLE \(name.quoted) LOGIN")
            }
        }
    }

    /// The provisioner is no member of the role any more.
    func leaveRole() async throws(ProvisioningFailure) {
        try await locked { transaction in
            if try await removal.isThere(in: transaction) {
                try await transaction.run("REVOKE \(name.quoted) FROM CURRENT_USER")
            }
        }
    }

    private func endSessions() async throws(ProvisioningFailure) {
        do { try await removal.endSessions(on: pool) } catch { throw .from(error) }
    }

    /// The tenant's role can enter the database of this site, with the rights of a new tenant.
    func admit() async throws(ProvisioningFailure) {
        let rights = placement.kind == .silo ? "CONNECT, CREATE, TEMPORARY" : "CONNECT"
        try await locked { try await $0.run("GRANT \(rights) ON DATABASE \(database) TO \(name.quoted)") }
    }

    /// The tenant's role can no longer enter the database of this site.
    func exclude() async throws(ProvisioningFailure) {
        try await locked {
            try await $0.run("REVOKE CONNECT, CREATE, TEMPORARY ON DATABASE \(database) FROM \(name.quoted)")
        }
    }

    var database: String { SQLName.quoted(placement.database) }

    private static let readOnly = "default_transaction_read_only"
}
