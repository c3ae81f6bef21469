import Entities
import JSONCoding

/// What tenants subscribe to.
enum Plan {
    /// Member of `metaData`: live subscriptions to the plan that one tenant may have.
    static let tenantLimitKey = "maxSubscriptionsPerTenant"

    private static let metaData = Schema.object(
        [
            .init(
                tenantLimitKey,
                .integer(minimum: 0, maximum: 1_000_000)
                    .described(
                        "Active or pending subscriptions of one tenant to this plan, instead of the general quota"
                    )
                    .example(10)
            )
        ], isClosed: false)

    /// The description.
    static let entity = Entity(
        "Plan", table: "plans", description: "A plan that tenants subscribe to.", tenancy: .shared,
        fields: [
            .string("name", maxLength: 100, pattern: .visibleText, required: true, example: "Premium"),
            .string("description", maxLength: 500, example: "Premium plan"),
            .string(
                "tier", minLength: 1, maxLength: 100, pattern: .visibleText, required: true,
                description: "How tenants are provisioned: PREMIUM, STANDARD, BASIC or a custom tier",
                example: "PREMIUM"),
            .string("size", maxLength: 100, pattern: .visibleText, description: "Name of a plan size", example: "M"),
            .number(
                "price", minimum: 0, maximum: 99_999_999_999_999, required: true,
                description: "For one billing cycle, in major units, with at most as many decimals as the currency has",
                example: 150),
            .object("metaData", schema: metaData),
            .identifier("billingCycleId", required: true),
            .identifier("currencyId", required: true),
        ],
        relations: [
            .belongsTo("billingCycle", "BillingCycle", by: "billingCycleId"),
            .belongsTo("currency", "Currency", by: "currencyId"),
        ],
        alwaysSet: ["name", "currencyId", "billingCycleId", "tier", "createdOn", "modifiedOn", "deleted"])
}
