import Billing
import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit

/// The HTTP operation that shows what a plan costs new subscribers.
struct PlanOfferController: Sendable {
    let terms: PlanTermsReader

    var operations: [Operation] { [prices()] }

    /// `GET /plans/{id}/prices`: those of the version that counts today.
    private func prices() -> Operation {
        Operation(
            .get, "/plans/{id}/prices", id: "PlanOfferController.prices",
            summary: "The price of a billing cycle of a plan in each currency, for new subscribers",
            access: PlanVersionPolicy.viewPrices, parameters: [.id, .ifNoneMatch],
            responses: [
                .init(.ok, "The prices", schema: Self.schema, headers: [.eTag]),
                .init(.notModified, "The client has the current representation (If-None-Match)", headers: [.eTag]),
            ],
            failures: [.notFound: "There is no such Plan, or its billing cycle or currency is gone"],
            handler: .scoped { call in
                let plan = try call.request.identifier()
                let offer = try await terms.offer(of: plan, on: CalendarDate(of: call.request.instant), isFresh: true)
                var json: JSONObject = [
                    "planId": .identifier(plan), "version": .integer(offer.version?.number ?? 0),
                    "billingCycleId": offer.plan.plan[Plan.billingCycleID.name] ?? .null,
                ]
                json["effectiveOn"] = offer.version.map { .string($0.effectiveOn) } ?? .null
                let price = offer.plan.price
                json["prices"] =
                    offer.version?.prices ?? [
                        ["currency": .string(price.currency.code), "amount": .string(price.decimalText)]
                    ]
                return try .revalidated(JSONValue.object(json).serialized(), for: call.request)
            })
    }

    private static let schema = Schema.object(
        [
            .init("planId", .string(format: .uuid), required: true),
            .init("version", .integer(minimum: 0).described("0: the price of the plan itself"), required: true),
            .init(
                "effectiveOn",
                Schema.string(format: .date).nullable().described(
                    "The day since which they are in effect; null for the price of the plan itself"),
                required: true),
            .init("billingCycleId", .string(format: .uuid), required: true),
            .init("prices", CatalogPrice.listSchema, required: true),
        ], name: "PlanPrices")
}
