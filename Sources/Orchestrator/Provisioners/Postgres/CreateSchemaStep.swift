import PostgresClient

/// Makes the schema and the login role of a pooled tenant, in one transaction: both are there completely or not at all.
struct CreateSchemaStep: DataServerStep {
    let name = "create-schema"

    func perform(
        _ context: StepContext, on tenancy: PostgresTenancy
    ) async throws(ProvisioningFailure) -> StepOutput {
        let event = context.event
        let name = try SQLName(tenantKey: event.tenantKey)
        let (role, secretRef) = try await tenancy.role(name, of: event.tenantID)
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
            type: PostgresSchemaProvisioner.name, name: name, database: database, secretRef: secretRef,
            externalIdentifier: "\(database)/\(name)")
        return StepOutput(resources: [resource])
    }

    func compensate(_ context: StepContext, on tenancy: PostgresTenancy) async throws(ProvisioningFailure) {
        guard let survey = Survey(context) else { return }
        let name = try SQLName(tenantKey: context.event.tenantKey)
        let removal = TenantRoleRemoval(name: name, tenant: context.event.tenantID)
        do {
            try await tenancy.pool.withTransaction { transaction in
                try await transaction.lockOutOtherProvisioners()
                let isOurs = try await removal.isThere(in: transaction)
                if !survey.hasSchema { try await transaction.run("DROP SCHEMA IF EXISTS \(name.quoted) CASCADE") }
                if !survey.hasRole, isOurs { try await removal.drop(in: transaction) }
            }
        } catch {
            throw .from(error)
        }
        if !survey.hasRole { try await tenancy.forgetCredential(name, of: context.event.tenantID) }
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
