import Billing
import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit

/// The HTTP operations of versions of plans.
struct PlanVersionController: Sendable {
    let service: PlanVersionService
    let catalog: EntityCatalog
    let limits: QueryLimits

    private static let entity = PlanVersion.entity
    static let path = "/plans/{id}/versions"
    static let versionID = OperationParameter(
        "versionId", in: .path, schema: .string(format: .uuid), description: "Identifier of the version, a UUID")
    static let missing = "There is no such Plan, or no such version of it"
    private static let conflict =
        "The version is in effect (VERSION_EFFECTIVE) or was canceled (VERSION_CANCELED), or another one begins on that day"

    var operations: [Operation] { [create(), list(), find(), update(), delete()] }

    private func create() -> Operation {
        Operation(
            .post, Self.path, id: "PlanVersionController.create",
            summary: "Create a version of a plan: a draft, or one that takes effect on a given day",
            access: PlanVersionPolicy.edit, parameters: [.id], requestBody: Self.entity.newSchema,
            responses: [
                .init(.created, "The new version", schema: Self.entity.schema, headers: [.location, .eTag])
            ],
            failures: [
                .notFound: "There is no such Plan", .conflict: "Another version of the plan begins on that day",
            ],
            idempotency: .recover { recovery in
                let plan = try recovery.request.identifier()
                let record = try await service.version(try recovery.created(), of: plan, in: recovery.scope)
                return try .created(record, location: "/plans/\(plan)/versions/\(try record.id)")
            },
            handler: .scoped { call in
                let plan = try call.request.identifier()
                let record = try await service.create(try call.request.object(), of: plan, in: call.writeContext)
                return try .created(record, location: "/plans/\(plan)/versions/\(try record.id)")
            })
    }

    private func list() -> Operation {
        Operation(
            .get, Self.path, id: "PlanVersionController.find", summary: "List the versions of a plan",
            access: PlanVersionPolicy.view, parameters: [.id, .filter(Self.entity, limits), .cursor, .preferCount],
            responses: [
                .init(
                    .ok, "Array of PlanVersion", schema: .array(of: Self.entity.schema),
                    headers: [.link, .totalCount, .preferenceApplied])
            ],
            failures: [.notFound: "There is no such Plan"],
            handler: .scoped { call in
                let plan = try call.request.identifier()
                let list = try ListQuery(call, of: Self.entity, in: catalog, limits: limits, views: nil)
                guard try await service.repository.hasPlan(plan) else { throw HTTPFailure.entityNotFound }
                return try await list.page(
                    of: service.repository.versions, where: .equals(PlanVersion.planID, plan), for: call)
            })
    }

    private func find() -> Operation {
        Operation(
            .get, "\(Self.path)/{versionId}", id: "PlanVersionController.findById", summary: "A version of a plan",
            access: PlanVersionPolicy.view, parameters: [.id, Self.versionID, .ifNoneMatch],
            responses: [
                .init(.ok, "The version", schema: Self.entity.schema, headers: [.eTag]),
                .init(.notModified, "The client has the current representation (If-None-Match)", headers: [.eTag]),
            ],
            failures: [.notFound: Self.missing],
            handler: .scoped { call in
                let (plan, version) = try Self.ids(call)
                return try .entity(
                    try await service.version(version, of: plan, in: call.scope), for: call.request)
            })
    }

    private func update() -> Operation {
        Operation(
            .patch, "\(Self.path)/{versionId}", id: "PlanVersionController.updateById",
            summary: "Change a version that is not in effect yet; `effectiveOn` schedules a draft",
            access: PlanVersionPolicy.edit, parameters: [.id, Self.versionID, .ifMatch, .preferReturn],
            requestBody: Self.entity.partialSchema.omitting(Entity.id.name),
            responses: [
                .init(.noContent, "Changed", headers: [.eTag]),
                .init(
                    .ok, "The changed version, with Prefer: return=representation", schema: Self.entity.schema,
                    headers: [.eTag, .preferenceApplied]),
            ],
            failures: [
                .notFound: Self.missing, .conflict: Self.conflict,
                .preconditionFailed: CRUDOperations.preconditionFailure,
            ],
            handler: .scoped { call in
                let (plan, version) = try Self.ids(call)
                let record = try await service.change(
                    version, of: plan, try call.request.object(), in: call.writeContext,
                    ifVersion: try call.request.versionCondition())
                return try .changed(record, for: call.request)
            })
    }

    private func delete() -> Operation {
        Operation(
            .delete, "\(Self.path)/{versionId}", id: "PlanVersionController.deleteById",
            summary: "Cancel a version that is not in effect yet; it stays in the list",
            access: PlanVersionPolicy.edit, parameters: [.id, Self.versionID, .ifMatch],
            responses: [.init(.noContent, "Canceled")],
            failures: [
                .notFound: Self.missing, .conflict: Self.conflict,
                .preconditionFailed: CRUDOperations.preconditionFailure,
            ],
            handler: .scoped { call in
                let (plan, version) = try Self.ids(call)
                try await service.cancel(
                    version, of: plan, in: call.writeContext, ifVersion: try call.request.versionCondition())
                return .noContent
            })
    }

    static func ids(_ call: ScopedRequest) throws -> (plan: Identifier, version: Identifier) {
        guard let version = Identifier(call.request.pathParameter("versionId")) else {
            throw HTTPFailure.entityNotFound
        }
        return (try call.request.identifier(), version)
    }
}
