import PostgresClient
import Primitives
import WorkQueue

/// Finds the data server of a tenant, or chooses one for a new tenant.
struct PlacementService: Sendable {
    let servers: DataServers
    let repository: PlacementRepository

    /// The tenant's place; a new one is reserved. A tenant that has one keeps it, however full the server is.
    /// - Throws: ``PlacementFailure``.
    func place(_ request: PlacementRequest) async throws(PlacementFailure) -> TenantPlacement {
        try await stored { () async throws in
            if let placement = try await repository.find(request.tenant) { return placement }
            try await register()
            return try await repository.reserve(request, .current) { loads, formerAddress in
                try choose(request, loads, formerAddress)
            }
        }
    }

    /// The tenant's place, also of a tenant from before placements were stored; nil for one that was never placed.
    func locate(_ request: PlacementRequest) async throws(PlacementFailure) -> TenantPlacement? {
        try await stored { () async throws in
            if let placement = try await repository.find(request.tenant) { return placement }
            try await register()
            do {
                return try await repository.reserve(request, .current) { _, formerAddress in
                    let problems = servers.problems
                    guard let formerAddress,
                        let server = servers.list.first(where: {
                            $0.address == formerAddress && problems[$0.name] == nil
                        })
                    else { throw NotPlaced() }
                    return server
                }
            } catch is NotPlaced {
                return nil
            }
        }
    }

    private struct NotPlaced: Error {}

    /// Where the tenant would be placed now; changes nothing.
    func preview(_ request: PlacementRequest) async throws(PlacementFailure) -> TenantPlacement {
        try await stored { () async throws in
            if let placement = try await repository.find(request.tenant) { return placement }
            let (loads, former) = try await repository.loads(formerAddressOf: request.tenant)
            let server = try choose(request, loads, former)
            return TenantPlacement(
                tenant: request.tenant, tenantKey: request.tenantKey, role: .current, server: server.name,
                kind: request.kind, database: request.database(on: server), state: .reserved, tier: request.tier)
        }
    }

    /// Where a tenant's data is.
    func find(
        _ tenant: Identifier, _ role: TenantPlacement.Role = .current
    ) async throws(PlacementFailure) -> TenantPlacement? {
        try await stored { () async throws in try await repository.find(tenant, role) }
    }

    /// Every place that a tenant has.
    func findAll(_ tenant: Identifier) async throws(PlacementFailure) -> [TenantPlacement] {
        try await stored { () async throws in try await repository.findAll(tenant) }
    }

    /// Reserves the target of a move.
    /// - Parameters:
    ///   - server: Where to; nil for the least loaded server that fits, other than the present one unless only the kind of
    ///     the place changes.
    ///   - current: Where the tenant is.
    func reserveTarget(
        _ request: PlacementRequest, on server: String?, from current: TenantPlacement
    ) async throws(PlacementFailure) -> TenantPlacement {
        try await stored { () async throws in
            try await register()
            return try await repository.reserve(request, .target) { loads, _ in
                try chooseTarget(request, server, current, loads)
            }
        }
    }

    private func chooseTarget(
        _ request: PlacementRequest, _ name: String?, _ current: TenantPlacement,
        _ loads: [String: PlacementChoice.Load]
    ) throws(PlacementFailure) -> DataServer {
        let problems = servers.problems
        let listed = servers.list.filter { problems[$0.name] == nil }
        let name = name ?? (request.kind == current.kind ? nil : current.server)
        guard let name else {
            let others = listed.filter { $0.name != current.server }
            switch PlacementChoice.choose(for: request, among: others, loads: loads) {
            case .server(let name):
                guard let server = others.first(where: { $0.name == name }) else { throw .missing(name) }
                return server
            case .full: throw PlacementFailure(kind: .permanent, reason: PlacementFailure.full(request).reason)
            case .unfit: throw .unfit(request)
            }
        }
        guard let server = listed.first(where: { $0.name == name }) else {
            throw PlacementFailure(kind: .permanent, reason: "there is no data server \(name)")
        }
        if name == current.server {
            guard request.kind != current.kind else {
                throw PlacementFailure(kind: .permanent, reason: "the tenant is there already")
            }
            return server
        }
        switch PlacementChoice.choose(for: request, among: [server], loads: loads) {
        case .server: return server
        case .full:
            throw PlacementFailure(kind: .permanent, reason: "data server \(name) is full or drained")
        case .unfit:
            throw PlacementFailure(kind: .permanent, reason: "data server \(name) is not for \(request.need)")
        }
    }

    /// The target of a move becomes the tenant's place.
    func switchToTarget(of tenant: Identifier, retention: Duration) async throws(PlacementFailure) {
        let isSwitched = try await stored { () async throws in
            try await repository.switchToTarget(of: tenant, retention: retention)
        }
        guard isSwitched else {
            throw PlacementFailure(kind: .permanent, reason: "the target of the move was given back")
        }
    }

    /// The opposite of ``switchToTarget(of:retention:)``.
    func switchBack(_ tenant: Identifier) async throws(PlacementFailure) {
        try await stored { () async throws in try await repository.switchBack(tenant) }
    }

    /// Records that the data is there.
    func confirm(_ tenant: Identifier) async throws(PlacementFailure) {
        try await stored { () async throws in try await repository.confirm(tenant) }
    }

    /// The opposite of ``confirm(_:)``.
    func unconfirm(_ tenant: Identifier) async throws(PlacementFailure) {
        try await stored { () async throws in try await repository.unconfirm(tenant) }
    }

    /// Gives a reserved place back.
    func release(_ tenant: Identifier) async throws(PlacementFailure) {
        try await stored { () async throws in try await repository.release(tenant) }
    }

    /// Gives a place back whose data is gone.
    func remove(_ tenant: Identifier, _ role: TenantPlacement.Role) async throws(PlacementFailure) {
        try await stored { () async throws in try await repository.remove(tenant, role) }
    }

    /// Compares the list with what is stored, once.
    func register() async throws {
        guard !servers.isRegistered else { return }
        let listed = servers.list.map { DataServerRegistration.Listed(name: $0.name, address: $0.address) }
        servers.registered(problems: try await repository.register(listed))
    }

    private func choose(
        _ request: PlacementRequest, _ loads: [String: PlacementChoice.Load], _ formerAddress: String?
    ) throws(PlacementFailure) -> DataServer {
        let problems = servers.problems
        let listed = servers.list.filter { problems[$0.name] == nil }
        if let formerAddress, let server = listed.first(where: { $0.address == formerAddress }) { return server }
        switch PlacementChoice.choose(for: request, among: listed, loads: loads) {
        case .server(let name):
            guard let server = listed.first(where: { $0.name == name }) else { throw .missing(name) }
            return server
        case .full: throw .full(request)
        case .unfit: throw .unfit(request)
        }
    }

    private func stored<Value: Sendable>(_ body: () async throws -> Value) async throws(PlacementFailure) -> Value {
        do { return try await body() } catch let failure as PlacementFailure { throw failure } catch {
            throw .database(FailureReason.describing(error))
        }
    }
}
