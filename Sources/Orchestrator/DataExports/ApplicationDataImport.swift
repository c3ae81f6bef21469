package import Configuration
import ConfigurationChecks
package import Logging
import PostgresClient
package import Primitives

/// Restores the application data of a tenant from an archive: chooses a data server, makes role and schema or database, and fills it.
/// Provisioning the tenant afterwards finds all this and changes none of it.
package struct ApplicationDataImport: Sendable {
    /// What is restored.
    package struct Dump: Sendable {
        package let tenant: Identifier
        package let tenantKey: String
        package let tier: String
        /// Whether the tenant had its own database.
        package let isDatabase: Bool
        /// A file in the custom format of pg_dump.
        package let path: String

        package init(tenant: Identifier, tenantKey: String, tier: String, isDatabase: Bool, path: String) {
            self.tenant = tenant
            self.tenantKey = tenantKey
            self.tier = tier
            self.isDatabase = isDatabase
            self.path = path
        }
    }

    private let shared: CommandProvisioners
    private let restoreProgram: String
    private let timeLimit: Duration

    /// Reads the settings of the orchestrator.
    /// - Throws: `ConfigurationFailure` that names the variable.
    package init(reader: ConfigReader, logger: Logger) throws {
        shared = try CommandProvisioners(reader: reader, logger: logger)
        restoreProgram = try MoveSettings(reader: reader).restoreProgram
        timeLimit = try DataExportSettings(reader: reader).timeout
    }

    /// Closes all connections.
    package func shutdown() async { await shared.shutdown() }

    /// Restores a dump. A tenant that has data here keeps it. What an import that was cut short has left is replaced.
    /// - Returns: Where the data is, for people.
    /// - Throws: ``ProvisioningFailure``.
    package func restore(_ dump: Dump) async throws(ProvisioningFailure) -> String {
        guard let tenancy = shared.provisioners.tenancy else {
            throw .permanent("no tier of the orchestrator has a data server")
        }
        // Checked before anything is stored.
        _ = try SQLName(tenantKey: dump.tenantKey)
        let request = PlacementRequest(
            tenant: dump.tenant, tenantKey: dump.tenantKey, tier: dump.tier.uppercased(), labels: [:],
            kind: dump.isDatabase ? .silo : .pooled)
        let placement = try await tenancy.placed { () async throws(PlacementFailure) in
            try await tenancy.placement.place(request)
        }
        let server = try tenancy.open(placement.server)
        let site = try MoveSite(placement, tenancy.tenancy(server))
        if placement.state == .placed, try await hasObjects(site) {
            throw .permanent("the tenant has application data on \(placement.server) already")
        }
        try await fill(site, dump)
        try await tenancy.placed { () async throws(PlacementFailure) in
            try await tenancy.placement.confirm(dump.tenant)
        }
        return "\(placement.server), database \(placement.database), schema \(site.name)"
    }

    private func fill(_ site: MoveSite, _ dump: Dump) async throws(ProvisioningFailure) {
        try await site.wipe()
        try await site.prepare(makesRole: true)
        do throws(ProvisioningFailure) {
            try await PostgresRestore(site: site, program: restoreProgram, timeLimit: timeLimit).run(dump.path)
            try await site.finish()
        } catch {
            // The next attempt begins with nothing, too.
            try? await site.wipe()
            throw error
        }
        try await site.admit()
        let (role, _) = try await site.tenancy.role(site.name, of: dump.tenant)
        try await site.locked { transaction in
            try await role.ensure(in: transaction)
            try await transaction.run("REVOKE \(site.name.quoted) FROM CURRENT_USER")
        }
    }

    /// Whether something is in the tenant's schema.
    private func hasObjects(_ site: MoveSite) async throws(ProvisioningFailure) -> Bool {
        do {
            if site.placement.kind == .silo {
                let database = TenantDatabase(site.name, tenant: site.placement.tenant, site.tenancy)
                guard try await database.isThere() else { return false }
            }
            return try await site.inDatabase { pool in
                try await pool.query(Self.findingObjects, [.text(site.name.text)]).first?.bool(0) ?? true
            }
        } catch {
            throw .from(error)
        }
    }

    private static let findingObjects: PostgresStatement = """
        SELECT EXISTS (
            SELECT FROM pg_catalog.pg_class AS object JOIN pg_catalog.pg_namespace AS place ON place.oid = object.relnamespace
            WHERE place.nspname = $1)
        """
}
