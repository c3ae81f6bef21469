import JSONCoding
import PostgresClient
import Primitives

/// What the two PostgreSQL provisioners share: the server, the passwords, and how a schema is opened to one role only.
struct PostgresTenancy: Sendable {
    /// Pool of the provisioner's role in the shared application database.
    let pool: PostgresPool
    /// How that pool connects; the same role enters the tenants' own databases.
    let configuration: PostgresConfiguration
    let credentials: TenantCredentialStore
    /// Most connections of a tenant's role.
    let connectionLimit: Int

    /// Under this address the passwords of the server's roles are stored.
    var address: String { "\(configuration.host):\(configuration.port)" }

    /// The role of a tenant, with its password in place of which only the reference is passed on.
    func role(
        _ name: SQLName, of tenant: Identifier
    ) async throws(ProvisioningFailure) -> (role: TenantRole, secretRef: String) {
        let credential = try await credential(name, of: tenant)
        let role = TenantRole(
            name: name, tenant: tenant, connectionLimit: connectionLimit,
            verifier: ScramVerifier.make(password: credential.password))
        return (role, credential.reference)
    }

    /// The password of a tenant's role on this server; a new one is generated when the role has none.
    func credential(
        _ name: SQLName, of tenant: Identifier
    ) async throws(ProvisioningFailure) -> TenantCredentialStore.Credential {
        try await credentials.credential(role: name.text, server: address, tenant: tenant)
    }

    /// Deletes the password of a tenant's role, once the role is gone.
    func forgetCredential(_ name: SQLName, of tenant: Identifier) async throws(ProvisioningFailure) {
        try await credentials.remove(role: name.text, server: address, tenant: tenant)
    }

    /// Makes the tenant's schema in the database of the transaction, where it becomes the role's only one.
    ///
    /// The schema stays the provisioner's, so the tenant can fill it but not open it to others; what the role creates
    /// in it is the role's own.
    func ensureSchema(_ name: SQLName, database: String, in transaction: PostgresTransaction) async throws {
        let found = try await transaction.query(Self.findSchema, [.text(name.text)])
        if let row = found.first {
            guard try row.bool(0) else {
                throw ProvisioningFailure.permanent("schema \(name) is not the provisioner's")
            }
        } else {
            try await transaction.run("CREATE SCHEMA \(name.quoted)")
        }
        try await transaction.run("GRANT USAGE, CREATE ON SCHEMA \(name.quoted) TO \(name.quoted)")
        if try await transaction.query(Self.publicIsOpen).first?.bool(0) == true {
            try await transaction.run("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        }
        try await transaction.run(
            "ALTER ROLE \(name.quoted) IN DATABASE \(SQLName.quoted(database)) SET search_path = \(name.quoted)")
        let foreign = try await transaction.query(Self.foreignSchemas, [.text(name.text)])
        if let row = foreign.first {
            throw ProvisioningFailure.permanent("role \(name) would see schema \(try row.text(0))")
        }
    }

    /// Enters a tenant's own database for a moment, and makes the schema in it.
    func fill(_ database: String, with name: SQLName) async throws {
        try await inDatabase(database) { pool in
            try await pool.withTransaction { transaction in
                try await transaction.lockOutOtherProvisioners()
                try await ensureSchema(name, database: database, in: transaction)
            }
        }
    }

    /// Enters a database of the server as the provisioner, with one connection that is closed at the end.
    /// - Parameter timeLimit: For each statement; nil for that of the configuration.
    func inDatabase<Value: Sendable>(
        _ database: String, timeLimit: Duration? = nil, _ body: (PostgresPool) async throws -> Value
    ) async throws -> Value {
        var configuration = configuration
        configuration.database = database
        configuration.maximumConnections = 1
        if let timeLimit { configuration.statementTimeout = timeLimit }
        let pool = PostgresPool(configuration: configuration, logger: credentials.logger)
        let result: Result<Value, any Error>
        do { result = .success(try await body(pool)) } catch { result = .failure(error) }
        await pool.shutdown()
        return try result.get()
    }

    /// A resource in tenant management's form.
    func resource(
        type: String, name: SQLName, database: String, secretRef: String, externalIdentifier: String
    ) -> TenantResource {
        let metadata: JSONObject = [
            "host": .string(configuration.host),
            "port": Int(configuration.port).map { JSONValue.integer($0) } ?? .string(configuration.port),
            "database": .string(database), "schema": .string(name.text), "role": .string(name.text),
            "secretRef": .string(secretRef),
        ]
        return TenantResource(type: type, metadata: metadata, externalIdentifier: externalIdentifier)
    }

    private static let findSchema: PostgresStatement = """
        SELECT nspowner = current_user::regrole FROM pg_catalog.pg_namespace WHERE nspname = $1
        """

    private static let publicIsOpen: PostgresStatement = """
        SELECT pg_catalog.has_schema_privilege('public', oid, 'USAGE, CREATE')
        FROM pg_catalog.pg_namespace WHERE nspname = 'public'
        """

    /// Schemas of others that the role could use. Other schemas are the operator's responsibility, such as a schema of
    /// extensions that is meant for all.
    private static let foreignSchemas: PostgresStatement = """
        SELECT nspname FROM pg_catalog.pg_namespace
        WHERE nspname <> $1 AND (nspname = 'public' OR nspname LIKE 'tenant\\_%')
            AND pg_catalog.has_schema_privilege($1::name, oid, 'USAGE, CREATE')
        LIMIT 1
        """
}
