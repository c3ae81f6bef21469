import Entities
import JSONCoding

/// The price of a meter's usage for subscribers of a plan.
enum MeteredPrice {
    static let planID = Field.identifier("planId", required: true, description: "The plan")
    static let meterKey = Field.string(
        "meterKey", minLength: 1, maxLength: Meter.maximumKeyLength, pattern: .token, required: true,
        description: "Key of the meter", example: "api-calls")
    static let currencyCode = Field.string(
        "currencyCode", maxLength: 3, pattern: .currencyCode, required: true,
        description: "A plan that can be paid in several currencies needs a price in each", example: "USD")
    static let price = Field.object(
        "price", schema: BillingPreviewSchemas.price, required: true,
        description: "What the usage of a period costs, in the form of a price of POST /billing-preview",
        example: ["model": "graduated", "tiers": [["upTo": "1000", "unitAmount": "0"], ["unitAmount": "0.002"]]])

    static let name = Field.string(
        "name", maxLength: 100, pattern: .visibleText, description: "For operators", example: "Calls above 1000")

    /// The description.
    static let entity = Entity(
        "MeteredPrice", table: "metered_prices",
        description: "The price of a meter's usage for subscribers of a plan.", tenancy: .shared,
        fields: [planID, meterKey, currencyCode, name, price],
        relations: [.belongsTo("plan", "Plan", by: planID)],
        uniqueKeys: [UniqueKey("idx_metered_prices_meter", planID, meterKey, currencyCode)],
        alwaysSet: [
            planID, meterKey, currencyCode, price, AuditBlock.createdOn, AuditBlock.modifiedOn, AuditBlock.deleted,
        ])
}
