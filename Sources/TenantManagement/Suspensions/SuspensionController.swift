import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit

/// The HTTP operations of suspensions.
struct SuspensionController: Sendable {
    let service: SuspensionService
    let suspensions: EntityRepository
    let tenants: EntityRepository
    let catalog: EntityCatalog
    let limits: QueryLimits

    var operations: [Operation] { [suspend(), reactivate(), list()] }

    private func suspend() -> Operation {
        change(
            "suspend", access: SuspensionPolicy.suspend, summary: "Suspend a tenant for a reason; reasons add up",
            conflict: "The status of the tenant does not allow it (TENANT_STATE, TENANT_OFFBOARDED)",
            service.suspend)
    }

    private func reactivate() -> Operation {
        change(
            "reactivate", access: SuspensionPolicy.reactivate,
            summary: "Remove a reason for which a tenant is suspended; without any, it returns to its former status",
            conflict: "The status of the tenant does not allow it (TENANT_STATE)"
        ) { try await service.reactivate($0, from: $1, note: $2, in: $3) }
    }

    private typealias Action =
        @Sendable (
            Identifier, TenantSuspension.Reason, String?, WriteContext
        ) async throws -> SuspensionService.Standing

    private func change(
        _ name: String, access: Access, summary: String, conflict: String, _ apply: @escaping Action
    ) -> Operation {
        Operation(
            .post, "/tenants/{id}/\(name)", id: "TenantSuspensionController.\(name)", summary: summary,
            access: access, parameters: [.id],
            requestBody: Self.bodySchema,
            responses: [.init(.ok, "The status of the tenant and the reasons that hold", schema: Self.standingSchema)],
            failures: [.notFound: "There is no such tenant", .conflict: conflict],
            idempotency: .recover { recovery in
                Self.response(
                    try await service.standing(
                        of: try recovery.created(), in: recovery.request.writeContext(in: recovery.scope)))
            },
            handler: .scoped { call in
                let body = try call.request.object()
                guard let reason = body["reason"]?.stringValue.flatMap(TenantSuspension.Reason.init) else {
                    throw HTTPFailure.invalidField("/reason", code: "enum", "must be a reason")
                }
                return Self.response(
                    try await apply(
                        try call.request.identifier(), reason, body["note"]?.stringValue, call.writeContext))
            })
    }

    /// `GET /tenants/{id}/suspensions`: a page at a time, the newest first.
    private func list() -> Operation {
        let entity = TenantSuspension.entity
        return Operation(
            .get, "/tenants/{id}/suspensions", id: "TenantSuspensionController.find",
            summary: "The reasons for which a tenant is, or was, suspended",
            access: SuspensionPolicy.view,
            parameters: [.id, .filter(entity, limits), .cursor, .preferCount],
            responses: [
                .init(
                    .ok, "Array of TenantSuspension", schema: .array(of: entity.schema),
                    headers: [.link, .totalCount, .preferenceApplied])
            ],
            failures: [.notFound: "There is no such tenant"],
            handler: .scoped { call in
                let tenant = try call.request.identifier()
                let list = try ListQuery(
                    call, of: entity, in: catalog, limits: limits, views: nil,
                    order: [Order(TenantSuspension.suspendedOn, descending: true)])
                guard try await tenants.count(.equals(Entity.id, tenant), in: call.scope) == 1 else {
                    throw HTTPFailure.entityNotFound
                }
                return try await list.page(
                    of: suspensions, where: .equals(TenantSuspension.tenantID, tenant), for: call)
            })
    }

    // MARK: Parts of requests and responses

    private static let bodySchema = Schema.object(
        [
            .init(
                "reason",
                .string(oneOf: TenantSuspension.Reason.allCases.map(\.rawValue)).example("billing"), required: true),
            .init(
                "note", .string(maxLength: TenantSuspension.maximumNoteLength, pattern: .visibleText)),
        ], name: "TenantSuspensionRequest")

    private static let standingSchema = Schema.object(
        [
            .init("tenantId", .string(format: .uuid), required: true),
            .init("status", .integer(oneOf: Tenant.Status.allCases.map(\.rawValue)), required: true),
            .init(
                "reasons",
                .array(of: .string(oneOf: TenantSuspension.Reason.allCases.map(\.rawValue))).described(
                    "The reasons that hold, the oldest first"), required: true),
            .init("isChanged", .boolean.described("Whether this request has changed something"), required: true),
        ], name: "TenantStanding")

    private static func response(_ standing: SuspensionService.Standing) -> OperationResponse {
        .json { writer in
            writer.beginObject()
            writer.key("tenantId")
            writer.identifier(standing.tenant)
            writer.key("status")
            writer.integer(standing.status.rawValue)
            writer.key("reasons")
            writer.beginArray()
            for reason in standing.reasons { writer.string(reason.rawValue) }
            writer.endArray()
            writer.key("isChanged")
            writer.bool(standing.isChanged)
            writer.endObject()
        }
    }
}
