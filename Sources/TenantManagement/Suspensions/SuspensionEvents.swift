import Entities
import MessageBus

/// The events of suspensions, which a trigger publishes.
enum SuspensionEvents {
    static let suspended = event(EventType.tenantSuspended, "A tenant was suspended, for reasons that hold now.")
    static let reactivated = event(
        EventType.tenantReactivated, "A tenant is no longer suspended. The reasons are those that were removed.")

    private static func event(_ type: String, _ summary: String) -> EventDescription {
        let statuses = Tenant.Status.allCases.map(\.rawValue)
        let text = Tenant.Status.allCases.map { "\($0.rawValue) \($0.name)" }.joined(separator: ", ")
        return EventDescription(
            type, summary,
            [
                TenantEvents.tenant,
                .init("status", .integer(oneOf: statuses).described(text), required: true),
                .init("previousStatus", .integer(oneOf: statuses).described(text), required: true),
                .init(
                    "reasons", .array(of: .string(oneOf: TenantSuspension.Reason.allCases.map(\.rawValue))),
                    required: true),
                TenantEvents.version,
            ])
    }
}
