/// Chooses a data server for a new tenant: the least loaded one of those that fit and have room.
enum PlacementChoice: Sendable, Hashable {
    case server(String)
    /// Servers fit, but all of them are full or drained.
    case full
    /// No server has what the tenant needs.
    case unfit

    /// How much is on a server.
    struct Load: Sendable, Hashable {
        var tenants: Int
        /// Nil as long as it was not measured.
        var bytes: Int64?
    }

    /// The load is the fuller one of the two capacities. Servers without a capacity, and those that are equally full, are
    /// ordered by their number of tenants, then by name, so that the choice depends on nothing else.
    /// - Parameter loads: By name; a server that is missing has no tenants.
    static func choose(
        for request: PlacementRequest, among servers: [DataServer], loads: [String: Load]
    ) -> PlacementChoice {
        let fitting = servers.filter { request.fits($0) }
        guard !fitting.isEmpty else { return .unfit }
        let candidates = fitting.compactMap { server -> (name: String, share: Double, tenants: Int)? in
            let load = loads[server.name] ?? Load(tenants: 0, bytes: nil)
            guard !server.isDrained, hasRoom(server.capacity, load) else { return nil }
            return (server.name, share(of: server.capacity, load), load.tenants)
        }
        let best = candidates.min { ($0.share, $0.tenants, $0.name) < ($1.share, $1.tenants, $1.name) }
        return best.map { .server($0.name) } ?? .full
    }

    private static func hasRoom(_ capacity: DataServer.Capacity, _ load: Load) -> Bool {
        if let tenants = capacity.tenants, load.tenants >= tenants { return false }
        if let bytes = capacity.bytes, let used = load.bytes, used >= bytes { return false }
        return true
    }

    /// Capacities of zero never come here, because they have no room.
    private static func share(of capacity: DataServer.Capacity, _ load: Load) -> Double {
        let tenants = capacity.tenants.map { Double(load.tenants) / Double($0) } ?? 0
        let bytes = capacity.bytes.map { Double(load.bytes ?? 0) / Double($0) } ?? 0
        return max(tenants, bytes)
    }
}
