import Entities
import JSONCoding
import MessageBus
import PostgresClient
import Primitives
import ServiceKit

/// Records the roles of tenant management, as it reports them.
///
/// Deliveries leave no mark in the inbox: the versions in the reports make repetitions harmless.
struct KnownRoleConsumer: Sendable {
    static let group = "subscription-roles"
    static let types: Set<String> = [EventType.roleChanged]

    let pool: PostgresPool
    let clock: any WallClock

    func handle(_ delivery: EventDelivery) async throws {
        guard let report = Self.report(delivery.event) else {
            throw EventRejection(reason: "the event does not contain a role with its version")
        }
        var batch = PostgresBatch(settings: TenantScope.everyTenant)
        batch.add(KnownRoles.record(report, at: clock.now()))
        _ = try await pool.run(batch)
    }

    private static func report(_ event: EventEnvelope) -> KnownRoles.Report? {
        guard let data = try? JSONValue.parse(stored: event.data),
            let id = data["roleId"]?.stringValue.flatMap({ Identifier($0) }),
            let name = data["name"]?.stringValue, Role.isName(name),
            let audience = data["audience"]?.stringValue.flatMap(Role.Audience.init),
            let permissions = data["permissions"]?.arrayValue?.map(\.stringValue), !permissions.contains(nil),
            let isDeleted = data["isDeleted"]?.boolValue, let version = data["version"]?.intValue
        else { return nil }
        return KnownRoles.Report(
            id: id, name: name, audience: audience.rawValue, permissions: permissions.compactMap(\.self),
            isDeleted: isDeleted, version: Int64(version))
    }
}
