/// Lets the tenant in at the target, which is its place from now on. The old copy is kept, and nobody can enter it.
struct SwitchStep: ProvisioningStep {
    let tools: MoveTools

    let name = "switch"
    let needs = [ReserveTargetStep.name, VerifyStep.name]

    func perform(_ context: StepContext) async throws(ProvisioningFailure) -> StepOutput {
        let sites = try MoveSites(context)
        let tenant = context.event.tenantID
        let isTarget = try await tools.tenancy.find(tenant, .target) != nil
        // What has been switched goes on, however late it is.
        if isTarget { _ = try tools.remainingWindow(context) }
        try await tools.tenancy.placed { () async throws(PlacementFailure) in
            try await tools.tenancy.placement.switchToTarget(of: tenant, retention: tools.settings.retention)
        }
        try await tools.on(sites.source) { (site) async throws(ProvisioningFailure) -> Void in
            // The same role is about to log in again.
            if sites.isOnOneServer { try await site.exclude() } else { try await site.leaveRole() }
        }
        let resource = try await tools.on(sites.target) {
            (site) async throws(ProvisioningFailure) -> TenantResource in
            try await admit(site, context)
        }
        return StepOutput(resources: [resource])
    }

    private func admit(_ site: MoveSite, _ context: StepContext) async throws(ProvisioningFailure) -> TenantResource {
        let (role, secretRef) = try await site.tenancy.role(site.name, of: context.event.tenantID)
        try await site.admit()
        try await site.locked { transaction in
            // With LOGIN, the password and the limit of connections.
            try await role.ensure(in: transaction)
            try await transaction.run("REVOKE \(site.name.quoted) FROM CURRENT_USER")
        }
        let isPooled = site.placement.kind == .pooled
        let database = site.placement.database
        return site.tenancy.resource(
            type: isPooled ? PostgresSchemaProvisioner.name : PostgresDatabaseProvisioner.name, name: site.name,
            database: database, secretRef: secretRef,
            externalIdentifier: isPooled ? "\(database)/\(site.name)" : database)
    }

    /// What was written at the target since is lost; this happens only when tenant management refuses the report.
    func compensate(_ context: StepContext) async throws(ProvisioningFailure) {
        guard let sites = try MoveSites(ifPresent: context) else { return }
        try await tools.on(sites.target) { (site) async throws(ProvisioningFailure) -> Void in try await site.close() }
        try await tools.tenancy.placed { () async throws(PlacementFailure) in
            try await tools.tenancy.placement.switchBack(context.event.tenantID)
        }
        try await tools.on(sites.source) { (site) async throws(ProvisioningFailure) -> Void in try await site.admit() }
    }
}
