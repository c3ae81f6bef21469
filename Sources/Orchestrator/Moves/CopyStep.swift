import PostgresClient

/// Copies the tenant's data with PostgreSQL's own programs. An attempt that was cut short is thrown away first.
struct CopyStep: ProvisioningStep {
    let tools: MoveTools

    let name = "copy"
    let needs = [ReserveTargetStep.name, SurveyTargetStep.name, CloseWritesStep.name]
    var timeout: Duration { tools.settings.window }

    func perform(_ context: StepContext) async throws(ProvisioningFailure) -> StepOutput {
        let sites = try MoveSites(context)
        let source = try tools.tenancy.open(sites.source.server)
        let dump = try MoveSite(sites.source, tools.tenancy.tenancy(source))
        try await Self.endSessions(of: dump)
        try await tools.on(sites.target) { (site) async throws(ProvisioningFailure) -> Void in
            try await Self.endSessions(of: site)
            try await Self.wipe(site)
            try await prepare(site, sites, context)
            try await PostgresCopy(
                source: dump, target: site, timeLimit: try tools.remainingWindow(context), settings: tools.settings,
                logger: tools.logger
            ).run()
            try await finish(site)
        }
        return StepOutput()
    }

    func compensate(_ context: StepContext) async throws(ProvisioningFailure) {
        guard let sites = try MoveSites(ifPresent: context) else { return }
        let keepsRole = sites.isOnOneServer || SurveyTargetStep.hadRole(context)
        try await tools.on(sites.target) { (site) async throws(ProvisioningFailure) -> Void in
            try await Self.endSessions(of: site)
            try await TenantCopyRemoval(placement: sites.target, tenancy: site.tenancy, keepsRole: keepsRole).run()
            // The provisioner has to read the tenant's tables until the source is opened again.
            if sites.isOnOneServer {
                try await site.locked { try await $0.run("GRANT \(site.name.quoted) TO CURRENT_USER") }
            }
        }
    }

    /// Ends what a process that was killed has left running.
    private static func endSessions(of site: MoveSite) async throws(ProvisioningFailure) {
        do {
            _ = try await site.pool.query(Self.terminate, [.text(PostgresCopy.applicationName(site.placement.tenant))])
        } catch {
            throw .from(error)
        }
    }

    private static func wipe(_ site: MoveSite) async throws(ProvisioningFailure) {
        let name = site.name.quoted
        switch site.placement.kind {
        case .pooled: try await site.locked { try await $0.run("DROP SCHEMA IF EXISTS \(name) CASCADE") }
        case .silo:
            let database = TenantDatabase(site.name, tenant: site.placement.tenant, site.tenancy)
            do {
                guard try await database.isThere() else { return }
                _ = try await site.pool.query(
                    PostgresStatement("DROP DATABASE IF EXISTS \(name) WITH (FORCE)", prepared: false))
            } catch {
                throw .from(error)
            }
        }
    }

    /// Makes the role, without the right to log in, and the database. The role may make its schema in it for now.
    private func prepare(
        _ site: MoveSite, _ sites: MoveSites, _ context: StepContext
    ) async throws(ProvisioningFailure) {
        let (role, _) = try await site.tenancy.role(site.name, for: context.event)
        let name = site.name.quoted
        try await site.locked { transaction in
            if !sites.isOnOneServer {
                try await role.ensure(in: transaction)
                try await transaction.run("ALTER ROLE \(name) NOLOGIN")
            }
            try await transaction.run("GRANT \(name) TO CURRENT_USER")
        }
        if site.placement.kind == .silo {
            let database = TenantDatabase(site.name, tenant: site.placement.tenant, site.tenancy)
            do {
                try await database.ensure()
                try await database.close()
            } catch {
                throw .from(error)
            }
        }
        try await site.locked { transaction in
            try await transaction.run("REVOKE ALL ON DATABASE \(site.database) FROM PUBLIC")
            // Nobody enters the copy before it was compared.
            try await transaction.run("REVOKE CONNECT ON DATABASE \(site.database) FROM \(name)")
            try await transaction.run("GRANT CREATE ON DATABASE \(site.database) TO \(name)")
        }
    }

    /// Makes the schema the provisioner's, as that of a new tenant is.
    private func finish(_ site: MoveSite) async throws(ProvisioningFailure) {
        do {
            try await site.inDatabase { pool in
                try await pool.withTransaction { transaction in
                    try await transaction.lockOutOtherProvisioners()
                    try await transaction.run("ALTER SCHEMA \(site.name.quoted) OWNER TO CURRENT_USER")
                    try await site.tenancy.ensureSchema(
                        site.name, database: site.placement.database, in: transaction)
                    if site.placement.kind == .pooled {
                        try await transaction.run(
                            "REVOKE CREATE ON DATABASE \(site.database) FROM \(site.name.quoted)")
                    }
                }
            }
        } catch {
            throw .from(error)
        }
    }

    private static let terminate: PostgresStatement = """
        SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
        WHERE application_name = $1 AND usename = current_user AND pid <> pg_catalog.pg_backend_pid()
        """
}
