import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit

/// The HTTP operations of reservations.
struct ReservationController: Sendable {
    let service: ReservationService

    var operations: [Operation] { [reserve(), use(), release()] }

    private static let requestSchema = Schema.object(
        [
            .init("feature", EntitlementController.featureSchema, required: true),
            .init("quantity", UsageQuantity.schema.described("How much (default: 1)").example("1")),
            .init(
                "ttlSeconds",
                .integer(minimum: 1, maximum: UsageReservation.maximumSeconds).described(
                    "How long it is reserved (default: \(UsageReservation.defaultSeconds))"
                ).example(60)),
        ], name: "ReservationRequest")

    private static func json(_ shown: ReservationService.Shown) -> OperationResponse {
        var writer = JSONWriter()
        shown.reservation.write(shown.amount, to: &writer)
        return .json(writer.bytes)
    }

    private func reserve() -> Operation {
        Operation(
            .post, "\(EntitlementController.path)/reserve", id: "ReservationController.reserve",
            summary:
                "Reserve a part of a tenant's limit before it is used; together, callers never get more than is left",
            access: EntitlementPolicy.reserve, parameters: [EntitlementController.tenant],
            requestBody: Self.requestSchema,
            responses: [.init(.ok, "The reservation", schema: UsageReservation.schema)],
            failures: [
                .notFound: "There is no such tenant", .conflict: "Less than that is left of the limit (LIMIT_EXCEEDED)",
            ],
            idempotency: .recover { recovery in
                Self.json(
                    try await service.find(
                        try recovery.created(), of: try recovery.request.identifier("tenantId"),
                        at: recovery.request.instant, in: recovery.scope))
            },
            handler: .scoped { call in
                let body = try call.request.object()
                let request = ReservationService.Request(
                    tenant: try call.request.identifier("tenantId"), feature: body["feature"]?.stringValue ?? "",
                    quantity: body["quantity"]?.stringValue ?? "1",
                    lifetime: .seconds(body["ttlSeconds"]?.intValue ?? UsageReservation.defaultSeconds))
                return Self.json(try await service.reserve(request, in: call.writeContext))
            })
    }

    private static let reservation = OperationParameter(
        "reservationId", in: .path, schema: .string(format: .uuid), description: "Id of the reservation, a UUID")
    private static let path = "\(EntitlementController.path)/reservations/{reservationId}"

    private func use() -> Operation {
        Operation(
            .post, "\(Self.path)/commit", id: "ReservationController.commit",
            summary: "Turn a reservation into usage; repeated, it has no further effect",
            access: EntitlementPolicy.reserve, parameters: [EntitlementController.tenant, Self.reservation],
            requestBody: .object(
                [
                    .init(
                        "quantity",
                        UsageQuantity.schema.described("What was used, at most what was reserved (default: all of it)")
                            .example("1"))
                ], name: "ReservationUse"),
            responses: [.init(.ok, "The reservation", schema: UsageReservation.schema)],
            failures: [
                .notFound: "There is no such reservation of the tenant",
                .conflict:
                    "It was used with another quantity (RESERVATION_USED), was released (RESERVATION_RELEASED) or has expired (RESERVATION_EXPIRED)",
            ],
            handler: .scoped { call in
                let body = try call.request.object()
                return Self.json(
                    try await service.use(
                        try call.request.identifier("reservationId"), of: try call.request.identifier("tenantId"),
                        quantity: body["quantity"]?.stringValue, in: call.writeContext))
            })
    }

    private func release() -> Operation {
        Operation(
            .post, "\(Self.path)/release", id: "ReservationController.release",
            summary: "Give back what was reserved; repeated, it has no further effect",
            access: EntitlementPolicy.reserve, parameters: [EntitlementController.tenant, Self.reservation],
            responses: [.init(.noContent, "It is given back")],
            failures: [
                .notFound: "There is no such reservation of the tenant",
                .conflict: "It was used (RESERVATION_USED)",
            ],
            handler: .scoped { call in
                try await service.release(
                    try call.request.identifier("reservationId"), of: try call.request.identifier("tenantId"),
                    in: call.writeContext)
                return .noContent
            })
    }
}
