import PostgresClient
import Primitives

/// Enters the data servers of tenants.
struct PlacedTenancy: Sendable {
    let placement: PlacementService
    let credentials: TenantCredentialStore
    /// Most connections of a tenant's role.
    let connectionLimit: Int
    /// Most steps that work on one server at once, when there are several; from 1.
    var serverConcurrency = 4

    /// What a tenant needs of a data server.
    /// - Parameter labels: What its tier asks for; the region of the plan counts more.
    func request(
        _ event: ProvisioningEvent, _ kind: TenantPlacement.Kind, labels: [String: String]
    ) throws(ProvisioningFailure) -> PlacementRequest {
        // Checked before anything is stored.
        _ = try SQLName(tenantKey: event.tenantKey)
        var labels = labels
        if let region = event.plan.region { labels["region"] = region }
        return PlacementRequest(
            tenant: event.tenantID, tenantKey: event.tenantKey, tier: event.tier.uppercased(), labels: labels,
            kind: kind)
    }

    /// Where a tenant's data is; nil when it was never placed.
    func find(
        _ tenant: Identifier, _ role: TenantPlacement.Role = .current
    ) async throws(ProvisioningFailure) -> TenantPlacement? {
        try await placed { () async throws(PlacementFailure) in try await placement.find(tenant, role) }
    }

    /// Works on the server of a placement. A server that does not answer is tried by one step at a time, so that its tenants
    /// do not hold up those of the other servers.
    func on<Value: Sendable>(
        _ placement: TenantPlacement, _ work: (PostgresTenancy) async throws(ProvisioningFailure) -> Value
    ) async throws(ProvisioningFailure) -> Value {
        let open = try open(placement.server)
        let limit = open.pool.isUnreachable ? 1 : serverConcurrency
        let value = try await open.gate.enter(limit: self.placement.servers.list.count > 1 ? limit : nil) {
            () async throws(ProvisioningFailure) -> Value in
            try await work(tenancy(open))
        }
        guard let value else {
            throw .placement(open.pool.isUnreachable ? .away(placement.server) : .busy(placement.server))
        }
        return value
    }

    /// The server of a name.
    func open(_ server: String) throws(ProvisioningFailure) -> DataServers.Open {
        do throws(PlacementFailure) { return try placement.servers.open(server) } catch { throw .placement(error) }
    }

    /// What works on an open server.
    func tenancy(_ open: DataServers.Open) -> PostgresTenancy {
        PostgresTenancy(
            pool: open.pool, configuration: open.server.configuration, credentials: credentials,
            connectionLimit: connectionLimit)
    }

    /// Asks the placement.
    func placed<Value: Sendable>(
        _ body: () async throws(PlacementFailure) -> Value
    ) async throws(ProvisioningFailure) -> Value {
        do throws(PlacementFailure) { return try await body() } catch { throw .placement(error) }
    }
}

extension ProvisioningFailure {
    /// What a tenant without a usable data server means for the attempt. Full servers are an outage: time counts, and the
    /// run says what it waits for.
    static func placement(_ failure: PlacementFailure) -> ProvisioningFailure {
        switch failure.kind {
        case .waiting: .unavailable(failure.reason)
        case .permanent: .permanent(failure.reason)
        }
    }
}
