import Entities
import JSONCoding
import Primitives

/// Something that is sold in addition to plans: it is attached to subscriptions, with a price and features of its own.
enum AddOn {
    static let key = Field.string(
        "key", minLength: 1, maxLength: 50, pattern: .token, required: true,
        description: "Unique; the `item` of its invoice lines", example: "extra-seats")
    static let name = Field.string(
        "name", minLength: 1, maxLength: 100, pattern: .visibleText, required: true, example: "Extra seats")
    static let description = Field.string("description", maxLength: 500, example: "Ten more seats")
    static let prices = Field.object(
        "prices", schema: CatalogPrice.listSchema, required: true,
        description: "The price of one unit for a billing cycle, in each currency in which it can be paid",
        example: [["currency": "USD", "amount": "10.00"]])
    static let billingCycleID = Field.identifier(
        "billingCycleId",
        description: "How often it is billed; null: as often as the subscription. Must be null if `once` is true")
    static let once = Field.boolean(
        "once", description: "Whether it is billed only once (default: false)", example: false)
    static let isOffered = Field.boolean(
        "isOffered", description: "Whether it can be attached (default: true); what is attached stays", example: true)
    static let rules = Field.object(
        "rules", schema: AddOnRules.schema, description: "What it is compatible with (default: everything)",
        example: ["maxQuantity": 10])
    static let features = Field.object(
        "features",
        description:
            "By feature key: a number is multiplied by the quantity and added to that of the plan; any other value applies if the plan has none",
        example: ["seats": 10])

    /// The description.
    static let entity = Entity(
        "AddOn", table: "add_ons", description: "Something that is sold in addition to plans.", tenancy: .shared,
        fields: [key, name, description, prices, billingCycleID, once, isOffered, rules, features],
        relations: [.belongsTo("billingCycle", "BillingCycle", by: billingCycleID)],
        uniqueKeys: [UniqueKey("idx_add_ons_key", key)],
        rules: [
            RowRule(
                "add_ons_once_has_no_cycle", code: "contradiction",
                [
                    billingCycleID: "must be null for an add-on that is billed only once",
                    once: "must not be true for an add-on with a billingCycleId",
                ])
        ],
        alwaysSet: [
            key, name, prices, once, isOffered, rules, features, AuditBlock.createdOn, AuditBlock.modifiedOn,
            AuditBlock.deleted,
        ])
}
