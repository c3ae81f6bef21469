import Entities
import JSONCoding
import MessageBus

/// The events of moves.
enum MoveEvents {
    static let requested = ProvisioningEvents.request(
        .move, "The data of a tenant shall be moved.",
        [
            .init(
                "move",
                .object(
                    [
                        .init("target", .string(oneOf: TenantMove.Target.allCases.map(\.rawValue))),
                        .init("server", .string(maxLength: TenantMove.maximumServerLength).example("eu-2")),
                        .init(
                            "reason",
                            .string(maxLength: TenantMove.maximumReasonLength).example("The tenant has grown"),
                            required: true),
                    ], name: "EventMove", isClosed: false), required: true)
        ])
    static let succeeded = ProvisioningEvents.outcome(
        EventType.tenantMoveSuccess, "The data of a tenant was moved.", 1)
    static let failed = ProvisioningEvents.outcome(
        EventType.tenantMoveFailure, "The data of a tenant could not be moved and is where it was.", 0)
    static let confirmed = EventDescription(
        EventType.tenantMoveConfirmed, "The old copy of a moved tenant's data is no longer needed.",
        [TenantEvents.tenant])
}
