import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit

/// The HTTP operations of moves.
struct MoveController: Sendable {
    let service: MoveService

    var operations: [Operation] { [move(), confirm()] }

    private func move() -> Operation {
        Operation(
            .post, "/tenants/{id}/move", id: "TenantMoveController.move",
            summary: "Move the data of a tenant to another data server, or between a schema and a separate database",
            access: MovePolicy.move, parameters: [.id],
            requestBody: Self.requestSchema,
            responses: [
                .init(
                    .accepted, "Requested; the provisioning of the tenant shows how far it is", schema: Self.moveSchema)
            ],
            failures: [
                .notFound: "There is no such tenant",
                .conflict:
                    "The status of the tenant does not allow it (TENANT_STATE), or something is in progress (PROVISIONING_OPEN)",
                .unprocessableContent: "The body is invalid; details name the member",
            ],
            idempotency: .recover { recovery in
                Self.accepted(try recovery.created(), tenant: try recovery.request.identifier())
            },
            handler: .scoped { call in
                let tenant = try call.request.identifier()
                let body = try call.request.object()
                let id = try await service.move(
                    tenant,
                    TenantMove(
                        target: body["target"]?.stringValue.flatMap(TenantMove.Target.init),
                        server: body["server"]?.stringValue, reason: body["reason"]?.stringValue ?? ""),
                    in: call.writeContext)
                return Self.accepted(id, tenant: tenant)
            })
    }

    private func confirm() -> Operation {
        Operation(
            .post, "/tenants/{id}/move/confirm", id: "TenantMoveController.confirm",
            summary: "Confirm the last successful move of a tenant: its old copy is removed now",
            access: MovePolicy.confirm, parameters: [.id],
            responses: [.init(.noContent, "Accepted; a repeated request has no further effect")],
            failures: [
                .notFound: "There is no such tenant",
                .conflict: "There is no move that has succeeded (NO_MOVE, MOVE_OPEN, MOVE_FAILED)",
            ],
            idempotency: .recover { _ in .noContent },
            handler: .scoped { call in
                try await service.confirm(try call.request.identifier(), in: call.writeContext)
                return .noContent
            })
    }

    // MARK: Parts of requests and responses

    private static let serverName = Pattern(regex: "^[a-z0-9][a-z0-9-]*$") { text in
        text.utf8.first != UInt8(ascii: "-")
            && text.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
            } && !text.isEmpty
    }

    private static let requestSchema = Schema.object(
        [
            .init(
                "target",
                .string(oneOf: TenantMove.Target.allCases.map(\.rawValue)).example("silo").described(
                    "A schema in a shared database (pooled) or a separate database (silo); default: as it is")),
            .init(
                "server",
                .string(minLength: 1, maxLength: TenantMove.maximumServerLength, pattern: serverName).example("eu-2")
                    .described("Name of a data server; default: the orchestrator chooses. Required without target")),
            .init(
                "reason",
                .string(minLength: 1, maxLength: TenantMove.maximumReasonLength, pattern: .visibleText)
                    .example("The tenant has grown"), required: true),
        ], name: "TenantMoveRequest")

    private static let moveSchema = Schema.object(
        [
            .init("id", .string(format: .uuid).described("Id of the request"), required: true),
            .init("tenantId", .string(format: .uuid), required: true),
        ], name: "TenantMove")

    private static func accepted(_ id: Identifier, tenant: Identifier) -> OperationResponse {
        .json(
            JSONValue.object(["id": .identifier(id), "tenantId": .identifier(tenant)]).serialized(), status: .accepted)
    }
}
