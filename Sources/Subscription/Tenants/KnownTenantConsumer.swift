import Entities
import JSONCoding
import MessageBus
import PostgresClient
import Primitives

/// Records which tenants exist, and which of them are deleted or suspended, as tenant management reports it.
///
/// Deliveries leave no mark in the inbox: the versions in the reports make repetitions harmless.
struct KnownTenantConsumer: Sendable {
    static let group = "subscription"
    static let types: Set<String> = [
        EventType.tenantsListed, EventType.tenantCreated, EventType.tenantProvisioning, EventType.tenantAccessChanged,
    ]

    let pool: PostgresPool
    let clock: any WallClock

    func handle(_ delivery: EventDelivery) async throws {
        var batch = PostgresBatch(settings: TenantScope.everyTenant)
        for statement in try Self.statements(for: delivery.event, at: clock.now()) { batch.add(statement) }
        _ = try await pool.run(batch)
    }

    private static func statements(
        for event: EventEnvelope, at now: Timestamp
    ) throws(EventRejection) -> [BoundStatement] {
        switch event.type {
        case EventType.tenantProvisioning:
            guard let tenant = event.tenantID else { throw EventRejection(reason: "the event has no tenant") }
            return [KnownTenants.record([.existence(of: tenant)], at: now)]
        case EventType.tenantsListed:
            let data = try? JSONValue.parse(stored: event.data)
            guard let tenants = data?["tenants"]?.arrayValue, let isComplete = data?["isComplete"]?.boolValue else {
                throw EventRejection(reason: "the event does not contain tenants and isComplete")
            }
            let reports = tenants.compactMap { report(of: $0["id"], $0) }
            guard reports.count == tenants.count else {
                throw EventRejection(reason: "a tenant of the event has no id, isBlocked or version")
            }
            return [KnownTenants.record(reports, at: now)] + (isComplete ? [KnownTenants.completeList] : [])
        default:
            let data = try? JSONValue.parse(stored: event.data)
            guard let data, let report = report(of: data["tenantId"], data), report.tenant == event.tenantID else {
                throw EventRejection(reason: "the event does not contain its tenant with isBlocked and version")
            }
            return [KnownTenants.record([report], at: now)]
        }
    }

    private static func report(of id: JSONValue?, _ data: JSONValue) -> KnownTenants.Report? {
        guard let tenant = id?.stringValue.flatMap({ Identifier($0) }), let isBlocked = data["isBlocked"]?.boolValue,
            let version = data["version"]?.intValue
        else { return nil }
        return KnownTenants.Report(tenant: tenant, isBlocked: isBlocked, version: Int64(version))
    }
}
