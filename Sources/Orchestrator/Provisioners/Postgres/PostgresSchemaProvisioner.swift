import PostgresClient

/// For pooled tiers: a schema `tenant_<key>` in the shared application database, and a login role of the same name that
/// can see only it.
///
/// Everything happens in one transaction: it is there completely or not at all.
struct PostgresSchemaProvisioner: Provisioner {
    /// Name in the tiers file, and the type of the resource.
    static let name = "postgres-schema"

    let tenancy: PostgresTenancy

    func provision(_ event: ProvisioningEvent) async throws(ProvisioningFailure) -> ProvisioningOutcome {
        let name = try SQLName(tenantKey: event.tenantKey)
        let (role, secretRef) = try await tenancy.role(name, for: event)
        let database = tenancy.configuration.database
        do {
            try await tenancy.pool.withTransaction { transaction in
                try await transaction.lockOutOtherProvisioners()
                try await role.ensure(in: transaction)
                try await openDatabase(database, to: name, in: transaction)
                try await tenancy.ensureSchema(name, database: database, in: transaction)
            }
        } catch {
            throw .from(error)
        }
        let resource = tenancy.resource(
            type: Self.name, name: name, database: database, secretRef: secretRef,
            externalIdentifier: "\(database)/\(name)")
        return .provisioned([resource], appPlaneURL: nil)
    }

    /// Lets the role connect, and nobody without a grant of their own.
    private func openDatabase(_ database: String, to name: SQLName, in transaction: PostgresTransaction) async throws {
        let quoted = SQLName.quoted(database)
        if try await transaction.query(Self.databaseIsOpen).first?.bool(0) == true {
            try await transaction.run("REVOKE ALL ON DATABASE \(quoted) FROM PUBLIC")
        }
        try await transaction.run("GRANT CONNECT ON DATABASE \(quoted) TO \(name.quoted)")
    }

    private static let databaseIsOpen: PostgresStatement = """
        SELECT pg_catalog.has_database_privilege('public', current_database(), 'CONNECT, TEMPORARY, CREATE')
        """
}
