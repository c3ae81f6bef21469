import Entities
import JSONCoding

/// The members with which `POST /subscriptions` makes a subscription that the engine bills.
enum SubscriptionTermsSchemas {
    private static let coupon = Schema.object(
        [
            .init("type", .string(oneOf: ["percent", "amount"]), required: true),
            .init("value", BillingPreviewSchemas.decimal("10"), required: true),
            .init("periods", Schema.integer(minimum: 1, maximum: 100_000).example(3)),
            .init("name", Schema.string(minLength: 1, maxLength: 100).example("Spring")),
        ], name: "SubscriptionCoupon"
    ).described("A reduction for a number of periods, or for all.")

    static let members: [Schema.Property] = [
        .init("quantity", BillingPreviewSchemas.decimal("3", "Units; the plan's price is that of one")),
        .init(
            "start", BillingPreviewSchemas.date.described("The first day, in the past or the future; default: today")),
        .init("anchor", BillingPreviewSchemas.anchor),
        .init(
            "timeZone",
            Schema.string(minLength: 1, maxLength: 64).example("America/Denver").defaulting("UTC").described(
                "Of the subscriber's calendar")),
        .init("trial", BillingPreviewSchemas.trial), .init("coupon", coupon),
        .init("collection", BillingPreviewSchemas.collection),
        .init(
            "term",
            Schema.object(
                [.init("periods", Schema.integer(minimum: 1, maximum: 1000).example(12), required: true)],
                name: "SubscriptionTerm"
            ).described("It ends after so many periods; without it, it renews until it is canceled")),
        .init("taxes", Schema.array(of: BillingPreviewSchemas.tax, maxItems: 20)),
        .init(
            "currency",
            Schema.string(maxLength: 3, pattern: .currencyCode).example("EUR").described(
                "ISO 4217; the plan must have a price in it on the first day. Default: the currency of the plan")),
    ]

    /// The body of `POST /subscriptions`. With any of the members, the engine bills the subscription.
    static let new = members.reduce(TenantSubscription.newSchema) { $0.adding($1) }
        .adding(.init("collectionMethod", CollectionMethod.schema))
}
