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
            try await site.wipe()
            try await site.prepare(makesRole: !sites.isOnOneServer)
            try await PostgresCopy(
                source: dump, target: site, timeLimit: try tools.remainingWindow(context), settings: tools.settings,
                logger: tools.logger
            ).run()
            try await site.finish()
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
                try await site.locked { try await $0.join(site.name) }
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

    private static let terminate: PostgresStatement = """
        SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
        WHERE application_name = $1 AND usename = current_user AND pid <> pg_catalog.pg_backend_pid()
        """
}
