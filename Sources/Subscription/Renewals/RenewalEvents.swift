import Entities
import MessageBus

/// The events of parked subscriptions, which a trigger publishes.
enum RenewalEvents {
    static let parked = event(
        EventType.subscriptionParked,
        "A subscription cannot be billed: it waits until somebody puts right what the reason says.")
    static let unparked = event(
        EventType.subscriptionUnparked, "A subscription that could not be billed goes on. The reason is the former one."
    )

    private static func event(_ type: String, _ summary: String) -> EventDescription {
        EventDescription(
            type, summary,
            [
                .init("tenantId", .string(format: .uuid), required: true),
                .init("subscriptionId", .string(format: .uuid), required: true),
                .init("reason", .string(maxLength: 1000), required: true),
                .init(
                    "dueOn", .string(format: .dateTime).nullable().described("Since when something is due"),
                    required: true),
            ])
    }
}
