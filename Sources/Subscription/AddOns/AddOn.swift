import Entities
import JSONCoding
import Primitives

/// Something that is sold beside a plan: it is attached to subscriptions, with a price and features of its own.
enum AddOn {
    static let key = Field.string(
        "key", minLength: 1, maxLength: 50, pattern: .token, required: true,
        description: "Unique; lines of invoices have it as their item", example: "extra-seats")
    static let name = Field.string(
        "name", minLength: 1, maxLength: 100, pattern: .visibleText, required: true, example: "Extra seats")
    static let description = Field.string("description", maxLength: 500, example: "Ten more seats")
    static let prices = Field.object(
        "prices", schema: CatalogPrice.listSchema, required: true,
        description: "What one of it costs in a billing cycle, in each currency that it can be paid in",
        example: [["currency": "USD", "amount": "10.00"]])
    static let billingCycleID = Field.identifier(
        "billingCycleId", description: "How often it is billed; null: as often as the subscription")
    static let once = Field.boolean("once", description: "It is billed once (default: false)", example: false)
    static let isOffered = Field.boolean(
        "isOffered", description: "Whether it can be attached (default: true); what is attached stays", example: true)
    static let rules = Field.object(
        "rules", schema: AddOnRules.schema, description: "What it goes with (default: everything)",
        example: ["maxQuantity": 10])
    static let features = Field.object(
        "features",
        description:
            "By key of a feature: a number adds to what the plan has, for each of the quantity; any other value takes the place of none",
        example: ["seats": 10])

    /// The description.
    static let entity = Entity(
        "AddOn", table: "add_ons", description: "Something that is sold beside a plan.", tenancy: .shared,
        fields: [key, name, description, prices, billingCycleID, once, isOffered, rules, features],
        relations: [.belongsTo("billingCycle", "BillingCycle", by: billingCycleID)],
        uniqueKeys: [UniqueKey("idx_add_ons_key", key)],
        alwaysSet: [
            key, name, prices, once, isOffered, rules, features, AuditBlock.createdOn, AuditBlock.modifiedOn,
            AuditBlock.deleted,
        ])
}
