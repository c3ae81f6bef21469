import Billing
import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit

/// The HTTP operation that says what a subscription costs, and why.
struct SubscriptionPriceController: Sendable {
    let service: SubscriptionActionService

    var operations: [Operation] { [read()] }

    /// `GET /subscriptions/{id}/price`.
    private func read() -> Operation {
        Operation(
            .get, "/subscriptions/{id}/price", id: "SubscriptionPriceController.read",
            summary: "What a subscription costs today and why, the scheduled changes of its price, and its add-ons",
            access: SubscriptionActionPolicy.view, parameters: [.id, .ifNoneMatch],
            responses: [
                .init(.ok, "The price", schema: SubscriptionPrice.schema, headers: [.eTag]),
                .init(.notModified, "The client has the current representation (If-None-Match)", headers: [.eTag]),
            ],
            failures: [.notFound: "There is no such Subscription"],
            handler: .scoped { call in
                let price = try await service.price(of: try call.request.identifier(), in: call.writeContext)
                return try .revalidated(price.json.serialized(), for: call.request)
            })
    }
}

extension SubscriptionActionService {
    /// What a subscription costs today, and why.
    /// - Throws: ``SubscriptionActionError``, also for one whose dates the engine cannot bill.
    func price(of id: Identifier, in context: WriteContext) async throws -> SubscriptionPrice {
        var price: SubscriptionPrice?
        _ = try await foresee(id, in: try await tenantContext(id, context)) { planner in
            price = SubscriptionPrice(planner)
            return SubscriptionActionOutcome(planner.billed)
        } target: { _, _ in
            nil
        }
        guard let price else { throw SubscriptionActionError.notFound }
        return price
    }
}
