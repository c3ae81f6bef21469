import Entities
import JSONCoding
import MessageBus

extension SubscriptionEvent {
    static let created = description(
        EventType.subscriptionCreated, "A subscription was stored, with its draft invoice unless it has one.")
    static let activated = description(
        EventType.subscriptionActivated, "A subscription became active. A tenant that waits for it is provisioned.")

    static let changed = description(
        EventType.subscriptionChanged,
        "An action has changed a subscription, or a day has come on which something was due: status, plan, or what it costs.",
        [.init("cause", .string(oneOf: Cause.allCases.map(\.rawValue)), required: true)])

    private static func description(
        _ type: String, _ summary: String, _ more: [Schema.Property] = []
    ) -> EventDescription {
        EventDescription(
            type, summary,
            [
                .init(
                    "subscription",
                    .object(
                        TenantSubscription.entity.schema.properties + [.init("plan", plan, required: true)],
                        name: "SubscriptionWithPlan", isClosed: false), required: true),
                .init("tenantId", .string(format: .uuid), required: true),
            ] + more)
    }

    /// See ``PlanSummary``. Of a plan that is not known there is only the id.
    private static let plan = Schema.object(
        [
            .init("id", .string(format: .uuid), required: true),
            .init("name", .string(maxLength: 100).nullable().example("Premium")),
            .init("tier", .string(maxLength: 100).nullable().example("PREMIUM")),
            .init("size", .string(maxLength: 100).nullable().example("M")),
            .init("price", Schema.number(minimum: 0).nullable().example(150)),
            .init("metaData", Schema.freeObject.nullable()),
            .init("sizeConfig", Schema.freeObject.nullable()),
        ], name: "EventPlan", isClosed: false)
}
