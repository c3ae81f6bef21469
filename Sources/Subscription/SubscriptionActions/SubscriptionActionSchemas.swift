import Billing
import Entities
import JSONCoding

/// Bodies and results of actions on subscriptions.
enum SubscriptionActionSchemas {
    static let at = Schema.Property(
        "at",
        BillingPreviewSchemas.date.described(
            "The day from which it counts, as the subscriber's calendar has it; not before today. Omitted: from now on")
    )
    static let quantity = BillingPreviewSchemas.decimal("5")
    private static let token = Schema.Property(
        "token",
        .string(minLength: 1, maxLength: 100).example("pv_5d2f").described(
            "What a preview of the same request has returned: what has been previewed is done, or a 409"))

    private static func policy(_ policies: [ChangePolicy], _ more: String) -> Schema.Property {
        .init("policy", Schema.string(oneOf: policies.map(\.rawValue)).described("How it is billed. \(more)"))
    }

    private static let addOn = Schema.Property("addOnId", .string(format: .uuid), required: true)

    /// How a price of its own begins and ends.
    static let overridePolicies: [ChangePolicy] = [.atPeriodEnd, .prorateNow, .none]

    /// How a quantity of an add-on changes: it has no say in the periods of the subscription.
    static let addOnPolicies: [ChangePolicy] = [.prorateNow, .creditAtRenewal, .atPeriodEnd, .none]

    /// The body of an action.
    static func body(of action: SubscriptionAction) -> Schema {
        switch action {
        case .activate: .object([token], name: "SubscriptionActivation")
        case .uncancel: .object([token], name: "SubscriptionUncancellation")
        case .change:
            .object(
                [
                    .init("planId", .string(format: .uuid)), .init("quantity", quantity),
                    .init(
                        "anchor", BillingPreviewSchemas.anchor.described("Where periods begin; in a request of its own")
                    ),
                    policy(
                        ChangePolicy.allCases,
                        "The default is that of the pair of plans, of the plan, or of the installation, for upgrades and downgrades"
                    ), at, token,
                ], name: "SubscriptionPlanChange")
        case .cancel:
            .object(
                [policy([.atPeriodEnd, .prorateNow, .none], "The default is at_period_end"), at, token],
                name: "SubscriptionCancellation")
        case .pause:
            .object(
                [policy([.prorateNow, .none], "The default is prorate_now"), at, token], name: "SubscriptionPause")
        case .resume:
            .object(
                [policy([.prorateNow, .none], "The default is prorate_now"), at, token], name: "SubscriptionResumption")
        case .renew:
            .object(
                [
                    .init(
                        "periods",
                        Schema.integer(minimum: 1, maximum: 1000).example(1).described(
                            "Omitted: those of its first term")),
                    token,
                ], name: "SubscriptionRenewal")
        case .attach:
            .object(
                [
                    addOn, .init("quantity", quantity.described("The new quantity; 1 if omitted")),
                    policy(
                        addOnPolicies,
                        "Only when the quantity of an attached add-on changes; the default is prorate_now for an increase, and at_period_end for a decrease"
                    ), at, token,
                ], name: "AddOnAttachment")
        case .detach:
            .object(
                [
                    addOn,
                    policy(
                        [.atPeriodEnd, .prorateNow, .none],
                        "The default is at_period_end: the end of the add-on's own period"),
                    at, token,
                ], name: "AddOnDetachment")
        case .override:
            .object(
                [
                    .init(
                        "amount",
                        Schema.string(maxLength: 17, pattern: CatalogPrice.amount).example("80.00").described(
                            "Of a unit in a billing cycle, in the currency of the subscription"), required: true),
                    .init(
                        "until",
                        BillingPreviewSchemas.date.described(
                            "It ends with the first period that begins on or after this day. Omitted: it has no end"
                        )
                    ),
                    .init(
                        "note",
                        Schema.string(minLength: 1, maxLength: 200, pattern: .visibleText).described("Why").example(
                            "Agreed on by phone")),
                    policy(overridePolicies, "The default is at_period_end"), at, token,
                ], name: "PriceOverride")
        case .endOverride:
            .object([policy(overridePolicies, "The default is at_period_end"), at, token], name: "PriceOverrideEnd")
        }
    }

    /// The body of `PATCH /subscriptions/{id}/changes/{changeId}`.
    static let edit = Schema.object(
        [
            .init("at", BillingPreviewSchemas.date.described("The day from which it counts, after today")),
            .init("quantity", quantity), policy(ChangePolicy.allCases, "One that the type of the change has"),
        ],
        name: "SubscriptionChangeEdit")

    private static let change = Schema.object(
        [
            .init("id", .string(format: .uuid), required: true),
            .init("type", .string(oneOf: SubscriptionChange.Kind.allCases.map(\.rawValue)), required: true),
            .init("state", .string(oneOf: SubscriptionChange.State.allCases.map(\.rawValue)), required: true),
            .init("requestedOn", BillingPreviewSchemas.date, required: true),
            .init("policy", .string().example("prorate_now")), .init("effectiveOn", BillingPreviewSchemas.date),
            .init("planId", .string(format: .uuid)), .init("planVersion", .integer(minimum: 0)),
            .init("addOnId", .string(format: .uuid)), .init("origin", .string().example("override")),
            .init("change", .freeObject, required: true),
        ], name: "SubscriptionActionChange")

    /// What an action returns.
    static let result = Schema.object(
        [
            .init("preview", Schema.boolean.described("Whether nothing was changed"), required: true),
            .init("subscription", TenantSubscription.entity.schema, required: true),
            .init("change", change.described("What the action adds; absent if it adds nothing")),
            .init(
                "invoices",
                Schema.array(of: BillingPreviewSchemas.invoice).described("Those that the action makes at once"),
                required: true),
            .init("upcoming", BillingPreviewSchemas.invoice.described("The next invoice after those, as things stand")),
            .init(
                "invoiceIds", Schema.array(of: .string(format: .uuid)).described("Empty for a preview"), required: true),
            .init("nextDueOn", .string(format: .dateTime)),
            .init("token", Schema.string().example("pv_5d2f").described("Of a preview: send it to do exactly that")),
        ], name: "SubscriptionActionResult")
}
