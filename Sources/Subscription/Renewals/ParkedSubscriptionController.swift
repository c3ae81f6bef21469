import Entities
import HTTPTypes
import ServiceKit

/// The HTTP operations of parked subscriptions.
struct ParkedSubscriptionController: Sendable {
    let service: RenewalService
    let parked: EntityRepository
    let catalog: EntityCatalog
    let limits: QueryLimits

    var operations: [Operation] { [list(), unpark()] }

    private func list() -> Operation {
        let entity = ParkedSubscription.entity
        return Operation(
            .get, "/subscriptions/parked", id: "SubscriptionController.parked",
            summary: "List the subscriptions that cannot be billed, with the reason, the first one first",
            access: RenewalPolicy.view, parameters: [.filter(entity, limits), .cursor, .preferCount],
            responses: [
                .init(
                    .ok, "Array of ParkedSubscription", schema: .array(of: entity.schema),
                    headers: [.link, .totalCount, .preferenceApplied])
            ],
            handler: .scoped { call in
                let list = try ListQuery(
                    call, of: entity, in: catalog, limits: limits, views: nil,
                    order: [Order(ParkedSubscription.parkedOn)])
                return try await list.page(of: parked, where: .isSet(ParkedSubscription.parkedOn), for: call)
            })
    }

    private func unpark() -> Operation {
        Operation(
            .post, "/subscriptions/{id}/unpark", id: "SubscriptionController.unpark",
            summary: "Let a parked subscription go on: whatever is due is issued now",
            access: RenewalPolicy.unpark, parameters: [.id],
            responses: [.init(.noContent, "It goes on")],
            failures: [
                .notFound: "There is no such Subscription, or the billing engine does not bill it",
                .conflict: "The subscription is not parked (NOT_PARKED)",
            ],
            idempotency: .recover { _ in .noContent },
            handler: .scoped { call in
                try await service.unpark(try call.request.identifier(), in: call.writeContext)
                return .noContent
            })
    }
}
