import JSONCoding
import Primitives

/// From where to where a tenant is moved, as the first step of the move has recorded it.
struct MoveSites: Sendable, Hashable {
    let source: TenantPlacement
    let target: TenantPlacement

    var isOnOneServer: Bool { source.server == target.server }

    var json: JSONObject {
        ["source": .object(Self.json(source)), "target": .object(Self.json(target))]
    }

    init(source: TenantPlacement, target: TenantPlacement) {
        self.source = source
        self.target = target
    }

    /// What the first step has recorded.
    /// - Throws: a permanent failure when it has recorded nothing.
    init(_ context: StepContext) throws(ProvisioningFailure) {
        guard let sites = try MoveSites(ifPresent: context) else {
            throw .permanent("the output of step \(ReserveTargetStep.name) is missing")
        }
        self = sites
    }

    /// Nil when the first step has recorded nothing, so that nothing was done.
    init?(ifPresent context: StepContext) throws(ProvisioningFailure) {
        guard let output = context.outputIfPresent(of: ReserveTargetStep.name) else { return nil }
        guard let source = Self.placement(output["source"], .current, context.event),
            let target = Self.placement(output["target"], .target, context.event)
        else { throw .permanent("the output of step \(ReserveTargetStep.name) cannot be read") }
        self.init(source: source, target: target)
    }

    private static func json(_ placement: TenantPlacement) -> JSONObject {
        [
            "server": .string(placement.server), "kind": .string(placement.kind.rawValue),
            "database": .string(placement.database), "tier": .string(placement.tier),
        ]
    }

    private static func placement(
        _ json: JSONValue?, _ role: TenantPlacement.Role, _ event: ProvisioningEvent
    ) -> TenantPlacement? {
        guard let server = json?["server"]?.stringValue, let database = json?["database"]?.stringValue,
            let kind = (json?["kind"]?.stringValue).flatMap(TenantPlacement.Kind.init(rawValue:))
        else { return nil }
        return TenantPlacement(
            tenant: event.tenantID, tenantKey: event.tenantKey, role: role, server: server, kind: kind,
            database: database, state: .placed, tier: json?["tier"]?.stringValue ?? "")
    }
}
