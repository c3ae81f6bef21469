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
    let limits: QueryLimits

    var operations: [Operation] {
        [
            priced(crud.create()), crud.count(), crud.find(), priced(crud.updateAll()), findByID(),
            priced(crud.updateByID()), priced(crud.replaceByID()), crud.deleteByID(), crud.restoreByID(),
        ]
    }

    /// `GET /plans/{id}`: from the cache when the whole row is asked for, as one statement otherwise.
    private func findByID() -> Operation {
        var operation = crud.findByID()
        operation.handler = .scoped { call in
            guard call.request.query.isEmpty else { return try .entity(try await crud.read(call), for: call.request) }
            guard let body = try await plans.body(of: try call.request.identifier()) else {
                throw HTTPFailure.entityNotFound
            }
            return try .entity(body.bytes, tag: EntityTag(version: body.version), for: call.request)
        }
        return operation
    }

    /// A write with a price that can be billed.
    private func priced(_ operation: Operation) -> Operation {
        operation.checkingFirst { call in
            try await prices.checkPlans(
                try call.request.object(), try PlanPriceCheck.Target(call, Plan.entity, limits: limits),
                at: call.request.instant, in: call.scope)
        }
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
