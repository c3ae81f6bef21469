import Entities
import JSONCoding

extension SubscriptionStateChange {
    /// The table as `GET /subscriptions/transitions` shows it.
    static let schema = Schema.object(
        [
            .init("states", .array(of: stateSchema), required: true),
            .init("transitions", .array(of: transitionSchema), required: true),
            .init("actions", .array(of: actionSchema), required: true),
        ], name: "SubscriptionTransitions")

    private static let stateSchema = Schema.object(
        [
            .init("status", statusSchema, required: true), .init("name", .string().example("ACTIVE"), required: true),
            .init(
                "takesPlace", Schema.boolean.described("Whether it counts towards the tenant's quota"), required: true),
        ], name: "SubscriptionState")

    private static let transitionSchema = Schema.object(
        [
            .init("from", statusSchema, required: true), .init("to", statusSchema, required: true),
            .init(
                "causes", .array(of: .string(oneOf: Cause.allCases.map(\.rawValue))).described("What may cause it"),
                required: true),
        ], name: "SubscriptionTransition")

    private static let actionSchema = Schema.object(
        [
            .init("action", .string(oneOf: SubscriptionAction.allCases.map(\.rawValue)), required: true),
            .init("from", .array(of: statusSchema).described("Where it is possible"), required: true),
        ], name: "SubscriptionActionStates")

    private static var statusSchema: Schema { .integer(oneOf: Status.allCases.map(\.rawValue)) }

    /// The table as JSON.
    static let json = JSONValue.object([
        "states": .array(
            Status.allCases.map {
                ["status": .integer($0.rawValue), "name": .string($0.name), "takesPlace": .bool($0.mayBeLive)]
            }),
        "transitions": .array(
            all.map { change in
                [
                    "from": .integer(change.from.rawValue), "to": .integer(change.to.rawValue),
                    "causes": .array(change.causes.map { .string($0.rawValue) }),
                ]
            }),
        "actions": .array(
            SubscriptionAction.allCases.map { action in
                [
                    "action": .string(action.rawValue), "from": .array(action.statuses.map { .integer($0.rawValue) }),
                ]
            }),
    ])
}
