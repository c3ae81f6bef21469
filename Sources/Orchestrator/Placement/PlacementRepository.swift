import PostgresClient
import Primitives
import WorkQueue

/// The data servers and the placements in `orchestrator_db`.
struct PlacementRepository: Sendable {
    let pool: PostgresPool

    /// Where a tenant's data is; nil for a tenant that was never placed.
    func find(
        _ tenant: Identifier, _ role: TenantPlacement.Role = .current
    ) async throws(PostgresError) -> TenantPlacement? {
        let result = try await pool.query(
            PlacementStatements.find, [.identifier(tenant), .text(role.rawValue)])
        guard let row = result.first else { return nil }
        return try TenantPlacement(row)
    }

    /// Reserves a place under a lock, so that processes that place tenants at the same moment never exceed a capacity.
    /// - Parameters:
    ///   - role: `current` for a new tenant, `target` for a move.
    ///   - choose: Chooses a server by name from the loads; called under the lock. The former address is that of a tenant
    ///     that was provisioned before placements were stored.
    /// - Returns: The placement: the new one, or the one that another process has stored meanwhile.
    func reserve(
        _ request: PlacementRequest, _ role: TenantPlacement.Role,
        _ choose: (_ loads: [String: PlacementChoice.Load], _ formerAddress: String?) throws -> DataServer
    ) async throws -> TenantPlacement {
        let key: [PostgresValue] = [.identifier(request.tenant), .text(role.rawValue)]
        return try await pool.withTransaction { transaction in
            var loads: [String: PlacementChoice.Load] = [:]
            for row in try await transaction.query(PlacementStatements.lock).rows {
                loads[try row.text(1)] = PlacementChoice.Load(
                    tenants: try row.int(3), bytes: try row.int64IfPresent(4))
            }
            if let row = try await transaction.query(PlacementStatements.find, key).first {
                return try TenantPlacement(row)
            }
            let former =
                try await transaction.query(PlacementStatements.formerAddress, [.identifier(request.tenant)]).first?
                .text(0)
            let server = try choose(loads, former)
            let database = request.database(on: server)
            let inserted = try await transaction.query(
                PlacementStatements.reserve,
                key + [
                    .text(request.tenantKey), .text(server.name), .text(request.kind.rawValue), .text(database),
                    .text(request.tier),
                ])
            guard inserted.affectedRows == 1 else { throw PlacementFailure.missing(server.name) }
            return TenantPlacement(
                tenant: request.tenant, tenantKey: request.tenantKey, role: role, server: server.name,
                kind: request.kind, database: database, state: .reserved, tier: request.tier)
        }
    }

    /// Every place that a tenant has.
    func findAll(_ tenant: Identifier) async throws(PostgresError) -> [TenantPlacement] {
        var placements: [TenantPlacement] = []
        for row in try await pool.query(PlacementStatements.findAll, [.identifier(tenant)]).rows {
            placements.append(try TenantPlacement(row))
        }
        return placements
    }

    /// The target of a move becomes the tenant's place, and its place becomes the old copy. Repeated, it changes nothing.
    /// - Parameter retention: How long the old copy is kept.
    /// - Returns: False when there is no target.
    func switchToTarget(of tenant: Identifier, retention: Duration) async throws -> Bool {
        let id = PostgresValue.identifier(tenant)
        return try await pool.withTransaction { transaction in
            let old = try await transaction.query(PlacementStatements.find, [id, "target"])
            guard old.rowCount == 1 else {
                return try await transaction.query(PlacementStatements.find, [id, "previous"]).rowCount == 1
            }
            _ = try await transaction.query(
                PlacementStatements.change, [id, "current", "previous", .microseconds(retention)])
            _ = try await transaction.query(PlacementStatements.change, [id, "target", "current", .null])
            return true
        }
    }

    /// The opposite of ``switchToTarget(of:retention:)``.
    func switchBack(_ tenant: Identifier) async throws {
        let id = PostgresValue.identifier(tenant)
        try await pool.withTransaction { transaction in
            let target = try await transaction.query(PlacementStatements.find, [id, "target"])
            let previous = try await transaction.query(PlacementStatements.find, [id, "previous"])
            guard target.rowCount == 0, previous.rowCount == 1 else { return }
            _ = try await transaction.query(PlacementStatements.change, [id, "current", "target", .null])
            _ = try await transaction.query(PlacementStatements.change, [id, "previous", "current", .null])
            _ = try await transaction.query(PlacementStatements.unconfirm, [id, "target"])
        }
    }

    /// How much is on the servers, by name, and the address of a tenant that was provisioned before placements were stored.
    func loads(
        formerAddressOf tenant: Identifier
    ) async throws(PostgresError) -> ([String: PlacementChoice.Load], String?) {
        var loads: [String: PlacementChoice.Load] = [:]
        for row in try await pool.query(PlacementStatements.servers).rows {
            loads[try row.text(1)] = PlacementChoice.Load(tenants: try row.int(3), bytes: try row.int64IfPresent(4))
        }
        let former = try await pool.query(PlacementStatements.formerAddress, [.identifier(tenant)]).first
        return (loads, try former?.text(0))
    }

    /// Records that the tenant's data is there.
    func confirm(_ tenant: Identifier) async throws(PostgresError) {
        _ = try await pool.query(PlacementStatements.confirm, [.identifier(tenant), "current"])
    }

    /// What was confirmed is a reservation again.
    func unconfirm(_ tenant: Identifier) async throws(PostgresError) {
        _ = try await pool.query(PlacementStatements.unconfirm, [.identifier(tenant), "current"])
    }

    /// Gives a place back that nothing was made at.
    func release(_ tenant: Identifier) async throws(PostgresError) {
        _ = try await pool.query(PlacementStatements.release, [.identifier(tenant), "current"])
    }

    /// Gives a place back whose data is gone.
    func remove(_ tenant: Identifier, _ role: TenantPlacement.Role) async throws(PostgresError) {
        _ = try await pool.query(PlacementStatements.remove, [.identifier(tenant), .text(role.rawValue)])
    }

    // MARK: Servers

    /// Stores which servers are listed, as far as it is possible.
    /// - Parameter dryRun: Whether to change nothing.
    /// - Returns: By the names of servers, why they cannot be as they are listed.
    func register(
        _ listed: [DataServerRegistration.Listed], dryRun: Bool = false
    ) async throws -> [String: String] {
        let stored = try await servers()
        let first = DataServerRegistration(listed: listed, stored: stored)
        guard !dryRun, !first.changesNothing else { return first.problems }
        return try await pool.withTransaction { transaction in
            // Another process may be registering too; what has to change is decided under the lock.
            let stored = try await transaction.query(PlacementStatements.lock).rows.map {
                try DataServerRegistration.Stored($0)
            }
            let registration = DataServerRegistration(listed: listed, stored: stored)
            for id in registration.removals {
                _ = try await transaction.query(PlacementStatements.removeServer, [.int32(Int32(id))])
            }
            for (id, server) in registration.changes {
                _ = try await transaction.query(
                    PlacementStatements.changeServer, [.int32(Int32(id)), .text(server.name), .text(server.address)])
            }
            for server in registration.additions {
                _ = try await transaction.query(
                    PlacementStatements.addServer, [.text(server.name), .text(server.address)])
            }
            return registration.problems
        }
    }

    private func servers() async throws(PostgresError) -> [DataServerRegistration.Stored] {
        var stored: [DataServerRegistration.Stored] = []
        for row in try await pool.query(PlacementStatements.servers).rows {
            stored.append(try DataServerRegistration.Stored(row))
        }
        return stored
    }

    /// Stores how much is on a server.
    func measured(_ server: String, bytes: Int64) async throws(PostgresError) {
        _ = try await pool.query(PlacementStatements.measured, [.text(server), .int64(bytes)])
    }
}

extension PlacementRequest {
    /// The database of the tenant's data: its own, or the shared one.
    func database(on server: DataServer) -> String {
        kind == .silo ? "tenant_\(tenantKey)" : server.configuration.database
    }
}

extension TenantPlacement {
    /// Reads a row of ``PlacementStatements/find``.
    init(_ row: PostgresRow) throws(PostgresError) {
        self.init(
            tenant: try row.identifier(0), tenantKey: try row.text(1),
            // The check constraints allow nothing else.
            role: Role(rawValue: try row.text(2)) ?? .current, server: try row.text(3),
            kind: Kind(rawValue: try row.text(4)) ?? .pooled, database: try row.text(5),
            state: State(rawValue: try row.text(6)) ?? .placed, tier: try row.text(7))
    }
}

extension DataServerRegistration.Stored {
    /// Reads a row of ``PlacementStatements/servers``.
    init(_ row: PostgresRow) throws(PostgresError) {
        self.init(
            id: try row.int(0), name: try row.text(1), address: try row.text(2), tenants: try row.int(3))
    }
}
