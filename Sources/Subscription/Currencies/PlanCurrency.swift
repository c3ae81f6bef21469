import Entities
import JSONCoding

/// A currency that plans may be priced in. Its audit columns are not part of the API (docs/contract/arc-api.md 6.5).
enum PlanCurrency {
    /// The description.
    static let entity = Entity(
        "Currency", table: "currencies", description: "A currency that plans may be priced in.", audit: .hidden,
        tenancy: .shared,
        fields: [
            .string(
                "currencyCode", maxLength: 3, pattern: .currencyCode, required: true,
                description: "ISO 4217 code, unique; determines how many decimals prices may have", example: "USD"),
            .string(
                "currencyName", maxLength: 100, pattern: .visibleText, required: true, example: "United States Dollar"),
            .string("symbol", maxLength: 10, pattern: .visibleText, example: "$"),
            .string("country", maxLength: 100, example: "United States"),
        ],
        uniqueKeys: [UniqueKey("idx_currencies_code", "currencyCode")],
        alwaysSet: ["currencyCode", "currencyName", "createdOn", "modifiedOn", "deleted"])
}
