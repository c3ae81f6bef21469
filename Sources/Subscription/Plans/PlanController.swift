import Entities
import HTTPTypes
import JSONCoding
import PostgresClient
import Primitives
import ServiceKit

/// The HTTP operations of plans.
struct PlanController: Sendable {
    let crud: CRUDOperations
    let plans: CachedRows
    let prices: PlanPriceCheck
    let subscriptions: SubscriptionRepository
    let limits: QueryLimits

    static let permissions = CRUDPermissions(create: ["7005"], view: ["7008"], update: ["7006"], delete: ["7007"])

    var operations: [Operation] {
        [
            priced(crud.create()), crud.count(), crud.find(), priced(crud.updateAll()), findById(),
            priced(crud.updateById()), priced(crud.replaceById()), crud.deleteById().forOperators(), crud.restoreById(),
            findSubscriptions(),
        ]
    }

    /// `GET /plans/{id}`: from the cache when the whole row is asked for, as one statement otherwise.
    private func findById() -> Operation {
        var operation = crud.findById()
        operation.handler = .scoped { call in
            guard call.request.query.isEmpty else { return try .entity(try await crud.read(call), for: call.request) }
            guard let body = try await plans.body(of: try call.request.identifier()) else {
                throw HTTPFailure.entityNotFound
            }
            return try .entity(body.bytes, tag: EntityTag(version: body.version), for: call.request)
        }
        return operation
    }

    /// `GET /plans/{id}/subscriptions`: an unknown plan has none (docs/contract/arc-api.md 6.1). A page at a time, as
    /// other lists, though it takes no filter.
    private func findSubscriptions() -> Operation {
        Operation(
            .get, "/plans/{id}/subscriptions", id: "PlanSubscriptionController.find",
            summary: "The subscriptions to a plan",
            security: .bearer(permissions: SubscriptionController.permissions.view),
            parameters: [.id, .cursor, .preferCount],
            responses: [
                .init(
                    .ok, "Array of Subscription", schema: .array(of: TenantSubscription.entity.schema),
                    headers: [.link, .totalCount, .preferenceApplied])
            ],
            failures: [.notFound: "Not a valid plan id; an unknown plan has no subscriptions"],
            handler: .scoped { call in
                let plan = try call.request.identifier()
                var filter = Filter(where: .equals("planId", .identifier(plan)))
                filter.applyDefaultLimit(limits)
                let cursor = try QueryString.first("cursor", in: call.request.query).map {
                    try PageCursor($0, order: filter.order, of: TenantSubscription.entity)
                }
                return .page(
                    try await subscriptions.entities.page(
                        filter, after: cursor, countsTotal: call.request.preferences.wantsTotalCount, in: call.scope),
                    for: call.request)
            })
    }

    /// A write for operators, with a price that can be billed.
    private func priced(_ operation: Operation) -> Operation {
        operation.checkingFirst { call in
            try await prices.checkPlans(
                try call.request.object(), try PlanPriceCheck.Target(call, Plan.entity, limits: limits), in: call.scope)
        }.forOperators()
    }
}

extension PlanPriceCheck.Target {
    /// The rows that a request changes. A bulk change without a condition is rejected later.
    init(_ call: ScopedRequest, _ entity: Entity, limits: QueryLimits) throws {
        if let id = call.request.pathParameters["id"] {
            self = Identifier(id).map { .row($0) } ?? .nothing
        } else if call.request.method == .patch,
            let condition = try Where.parse(QueryParameter.all(call.request.query), for: entity, limits: limits)
        {
            self = .matching(condition)
        } else {
            self = .nothing
        }
    }
}
