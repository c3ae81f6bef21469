import Billing
import Entities
import JSONCoding
import MessageBus
import Primitives

/// The notice that the price of a subscription will change.
enum RepricingEvents {
    static let repriced = EventDescription(
        EventType.subscriptionRepriced,
        "The price of an existing subscription is to change, because its plan was repriced.",
        [
            .init("tenantId", .string(format: .uuid), required: true),
            .init("subscriptionId", .string(format: .uuid), required: true),
            .init("planId", .string(format: .uuid), required: true),
            .init("planVersion", .integer(minimum: 1), required: true),
            .init("currency", .string(maxLength: 3), required: true),
            .init("priceBefore", .string().described("Of a unit in a billing cycle"), required: true),
            .init("priceAfter", .string(), required: true),
            .init("effectiveOn", Schema.string(format: .date).nullable(), required: true),
        ])

    static func envelope(
        _ effect: RepricingRule.Effect, of subscriber: RepricingRepository.Subscriber, plan: Identifier, version: Int,
        on day: CalendarDate?, in context: WriteContext
    ) throws -> EventEnvelope {
        let data: JSONObject = [
            "tenantId": .identifier(subscriber.tenant), "subscriptionId": .identifier(subscriber.subscription),
            "planId": .identifier(plan), "planVersion": .integer(version), "currency": .string(effect.currency.code),
            "priceBefore": .string(effect.currency.majorText(effect.priceBefore)),
            "priceAfter": .string(effect.currency.majorText(effect.priceAfter)),
            "effectiveOn": day.map { .string($0.description) } ?? .null,
        ]
        return try EventEnvelope(
            id: .v7(at: context.now), type: EventType.subscriptionRepriced, tenantID: subscriber.tenant,
            occurredAt: context.now, trace: context.trace, data: JSONValue.object(data).serialized())
    }
}
