import PostgresClient

/// What is done at the place of a copy before and after `pg_restore`.
extension MoveSite {
    /// Removes what an attempt that was cut short has left.
    func wipe() async throws(ProvisioningFailure) {
        switch placement.kind {
        case .pooled: try await locked { try await $0.run("DROP SCHEMA IF EXISTS \(name.quoted) CASCADE") }
        case .silo:
            do { try await TenantDatabase(name, tenant: placement.tenant, tenancy).dropAsMember() } catch {
                throw .from(error)
            }
        }
    }

    /// Makes the role, without the right to log in, and the database. The role may make its schema in it for now.
    /// - Parameter makesRole: False if the role is in use on this server.
    func prepare(makesRole: Bool) async throws(ProvisioningFailure) {
        let (role, _) = try await tenancy.role(name, of: placement.tenant)
        try await locked { transaction in
            if makesRole {
                try await role.ensure(in: transaction)
                try await transaction.run("ALTER ROLE \(name.quoted) NOLOGIN")
            }
            try await transaction.join(name)
        }
        if placement.kind == .silo {
            let database = TenantDatabase(name, tenant: placement.tenant, tenancy)
            do {
                try await database.ensure()
                try await database.close()
            } catch {
                throw .from(error)
            }
        }
        try await locked { transaction in
            try await transaction.run("REVOKE ALL ON DATABASE \(database) FROM PUBLIC")
            // Nobody enters the copy before it was compared.
            try await transaction.run("REVOKE CONNECT ON DATABASE \(database) FROM \(name.quoted)")
            try await transaction.run("GRANT CREATE ON DATABASE \(database) TO \(name.quoted)")
        }
    }

    /// Makes the schema the provisioner's, as that of a new tenant is.
    func finish() async throws(ProvisioningFailure) {
        do {
            try await inDatabase { pool in
                try await pool.withTransaction { transaction in
                    try await transaction.lockOutOtherProvisioners()
                    try await transaction.run("ALTER SCHEMA \(name.quoted) OWNER TO CURRENT_USER")
                    try await tenancy.ensureSchema(name, database: placement.database, in: transaction)
                    if placement.kind == .pooled {
                        try await transaction.run("REVOKE CREATE ON DATABASE \(database) FROM \(name.quoted)")
                    }
                }
            }
        } catch {
            throw .from(error)
        }
    }
}
