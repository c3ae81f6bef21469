import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit

/// The HTTP operations of repricings.
struct RepricingController: Sendable {
    let service: RepricingService
    let crud: CRUDOperations
    let subscriptions: EntityRepository
    let catalog: EntityCatalog
    let limits: QueryLimits

    var operations: [Operation] { [start(), crud.count(), crud.find(), crud.findByID(), list(), cancel()] }

    private func start() -> Operation {
        Operation(
            .post, "\(PlanVersionController.path)/{versionId}/repricings", id: "RepricingController.start",
            summary:
                "Apply the price of a version to existing subscribers from their next period on, or compute the effect (dry run)",
            access: RepricingPolicy.start, parameters: [.id, PlanVersionController.versionID],
            requestBody: Self.body,
            responses: [
                .init(
                    .created, "The repricing has started", schema: Repricing.entity.schema, headers: [.location, .eTag])
            ],
            failures: [
                .notFound: PlanVersionController.missing,
                .conflict:
                    "The version was canceled (VERSION_CANCELED) or is not in effect yet (VERSION_NOT_EFFECTIVE), or another repricing of the plan is running",
            ],
            idempotency: .recover { recovery in
                let record = try await service.repository.repricings.findByID(
                    try recovery.created(), in: recovery.scope)
                return try .created(record, location: "/repricings/\(try record.id)")
            },
            handler: .scoped { call in
                let (plan, version) = try PlanVersionController.ids(call)
                let body = try call.request.object()
                let record = try await service.start(
                    version, of: plan, isDryRun: body["dryRun"]?.boolValue ?? true, note: body["note"]?.stringValue,
                    in: call.writeContext)
                return try .created(record, location: "/repricings/\(try record.id)")
            })
    }

    private static let body = Schema.object(
        [
            .init(
                "dryRun",
                Schema.boolean.described("true: only compute what would change").example(true), required: true),
            .init(
                "note",
                Schema.string(minLength: 1, maxLength: 200, pattern: .visibleText).described("For operators").example(
                    "Announced in October")),
        ], name: "NewRepricing")

    /// `POST /repricings/{id}/cancel`.
    private func cancel() -> Operation {
        Operation(
            .post, "/repricings/{id}/cancel", id: "RepricingController.cancel",
            summary: "Cancel a running repricing; the changes that it has scheduled remain",
            access: RepricingPolicy.start, parameters: [.id],
            responses: [.init(.ok, "The canceled repricing", schema: Repricing.entity.schema)],
            failures: [
                .notFound: "There is no such Repricing", .conflict: "It has ended (REPRICING_OVER)",
            ],
            idempotency: .recover { recovery in
                .json(
                    try await service.repository.repricings.findByID(try recovery.created(), in: recovery.scope).json)
            },
            handler: .scoped { call in
                .json(try await service.cancel(try call.request.identifier(), in: call.writeContext).json)
            })
    }

    /// `GET /repricings/{id}/subscriptions`: a page at a time.
    private func list() -> Operation {
        let entity = RepricedSubscription.entity
        return Operation(
            .get, "/repricings/{id}/subscriptions", id: "RepricingController.subscriptions",
            summary: "The subscriptions whose price changes, and those whose price stays, with the reason",
            access: RepricingPolicy.view, parameters: [.id, .filter(entity, limits), .cursor, .preferCount],
            responses: [
                .init(
                    .ok, "Array of RepricedSubscription", schema: .array(of: entity.schema),
                    headers: [.link, .totalCount, .preferenceApplied])
            ],
            failures: [.notFound: "There is no such Repricing"],
            handler: .scoped { call in
                let id = try call.request.identifier()
                let list = try ListQuery(call, of: entity, in: catalog, limits: limits, views: nil)
                guard try await service.repository.repricings.count(.equals(Entity.id, id), in: call.scope) == 1 else {
                    throw HTTPFailure.entityNotFound
                }
                return try await list.page(
                    of: subscriptions, where: .equals(RepricedSubscription.repricingID, id), for: call)
            })
    }
}
