import Primitives

/// What a tenant needs of a data server.
struct PlacementRequest: Sendable {
    let tenant: Identifier
    let tenantKey: String
    /// In upper case. A server with the label `tier` takes only tenants of the tiers that it names.
    var tier: String
    /// Labels that the server must have, such as the region.
    let labels: [String: String]
    let kind: TenantPlacement.Kind

    /// Whether the server is one for this tenant, however full it is.
    func fits(_ server: DataServer) -> Bool {
        if let tiers = server.labels["tier"], !tiers.contains(tier) { return false }
        return labels.allSatisfy { server.labels[$0]?.contains($1) ?? false }
    }

    /// The need in words: `tier BASIC and region eu`.
    var need: String {
        (["tier \(tier)"] + labels.sorted { $0.key < $1.key }.map { "\($0) \($1)" }).joined(separator: " and ")
    }
}
