import Billing
import Entities
import JSONCoding

/// What tenants subscribe to.
enum Plan {
    /// Member of `metaData`: live subscriptions to the plan that one tenant may have.
    static let tenantLimitKey = "maxSubscriptionsPerTenant"

    /// Live subscriptions to a plan that one tenant may have, by the plan as JSON; nil: the general quota applies.
    static func tenantLimit(of plan: JSONValue) -> Int? {
        plan[metaData]?[tenantLimitKey]?.intValue.flatMap { $0 >= 0 ? $0 : nil }
    }

    private static let metaDataSchema = Schema.object(
        [
            .init(
                tenantLimitKey,
                .integer(minimum: 0, maximum: 1_000_000)
                    .described(
                        "Active or pending subscriptions of one tenant to this plan, instead of the general quota"
                    )
                    .example(10)
            ),
            .init("changes", changesSchema),
        ], isClosed: false)

    private static let changeRule = Schema.string(oneOf: ChangePolicy.allCases.map(\.rawValue) + ["forbidden"])

    private static let changesSchema = Schema.object(
        [
            .init("upgrade", changeRule), .init("downgrade", changeRule),
            .init(
                "to",
                Schema.array(
                    of: .object(
                        [
                            .init("planId", .string(format: .uuid), required: true),
                            .init("policy", changeRule, required: true),
                        ], name: "PlanPairRule"), maxItems: 100
                ).described("For changes to certain plans")),
        ], name: "PlanChangeRules"
    ).described(
        "How changes from this plan to others are billed whose requests do not say it (POST /subscriptions/{id}/change)"
    )

    static let name = Field.string("name", maxLength: 100, pattern: .visibleText, required: true, example: "Premium")
    static let description = Field.string("description", maxLength: 500, example: "Premium plan")
    static let tier = Field.string(
        "tier", minLength: 1, maxLength: 100, pattern: .visibleText, required: true,
        description: "How tenants are provisioned: PREMIUM, STANDARD, BASIC or a custom tier", example: "PREMIUM")
    static let size = Field.string(
        "size", maxLength: 100, pattern: .visibleText, description: "Name of a plan size", example: "M")
    static let price = Field.number(
        "price", minimum: 0, maximum: 99_999_999_999_999, required: true,
        description: "For one billing cycle, in major units, with at most as many decimals as the currency has",
        example: 150)
    static let metaData = Field.object("metaData", schema: metaDataSchema)
    static let billingCycleID = Field.identifier("billingCycleId", required: true)
    static let currencyID = Field.identifier("currencyId", required: true)

    /// The description.
    static let entity = Entity(
        "Plan", table: "plans", description: "A plan that tenants subscribe to.", tenancy: .shared,
        fields: [name, description, tier, size, price, metaData, billingCycleID, currencyID],
        relations: [
            .belongsTo("billingCycle", "BillingCycle", by: billingCycleID),
            .belongsTo("currency", "Currency", by: currencyID),
        ],
        alwaysSet: [
            name, currencyID, billingCycleID, tier, AuditBlock.createdOn, AuditBlock.modifiedOn, AuditBlock.deleted,
        ])
}
