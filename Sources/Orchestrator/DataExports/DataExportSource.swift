/// Where the application data of a tenant comes from.
enum DataExportSource: Sendable {
    /// A schema or a database on a data server.
    case dump(TenantPlacement)
    /// A command of the tier writes it.
    case command(ExecProvisioner, tier: String)
    /// A pipeline sends it to tenant management itself.
    case pipeline(HTTPProvisioner, url: String)
    /// There is no data, or it cannot be reached.
    case none(reason: String)
}

/// Finds out where the application data of tenants is.
struct DataExportSources: Sendable {
    let tenancy: PlacedTenancy?
    let tiers: TierTable
    let store: DataExportStore

    func source(of request: DataExportRequest) async throws(ProvisioningFailure) -> DataExportSource {
        if let placement = try await tenancy?.find(request.tenantID) {
            guard placement.state == .placed else {
                return .none(reason: "the orchestrator has not finished to provision the tenant")
            }
            return .dump(placement)
        }
        let known: (tier: String, size: String)?
        do { known = try await store.provisioning(of: request.tenantID) } catch { throw .from(error) }
        guard let known else { return .none(reason: "the orchestrator has nothing of the tenant") }
        guard let entry = tiers[known.tier, size: known.size] else {
            return .none(reason: "the tier of the tenant is not configured at the orchestrator any more")
        }
        switch entry.provisioner {
        case let command as ExecProvisioner:
            guard command.exportArguments != nil else {
                return .none(reason: "the tier of the tenant has no exportCommand, so its data cannot be reached")
            }
            return .command(command, tier: known.tier)
        case let pipeline as HTTPProvisioner:
            guard let url = pipeline.exportURL else {
                return .none(reason: "the tier of the tenant has no exportUrl, so its data cannot be reached")
            }
            return .pipeline(pipeline, url: url)
        case is PostgresSchemaProvisioner: return try await located(request, known.tier, .pooled)
        case is PostgresDatabaseProvisioner: return try await located(request, known.tier, .silo)
        default: return .none(reason: "provisioner \(entry.name) gives no data out")
        }
    }

    /// The place of a tenant from before places were stored.
    private func located(
        _ request: DataExportRequest, _ tier: String, _ kind: TenantPlacement.Kind
    ) async throws(ProvisioningFailure) -> DataExportSource {
        guard let tenancy else { return .none(reason: "no tier has a data server") }
        let placement = PlacementRequest(
            tenant: request.tenantID, tenantKey: request.tenantKey, tier: tier.uppercased(), labels: [:], kind: kind)
        let found = try await tenancy.placed { () async throws(PlacementFailure) in
            try await tenancy.placement.locate(placement)
        }
        guard let found else { return .none(reason: "the orchestrator has nothing of the tenant") }
        return .dump(found)
    }
}
