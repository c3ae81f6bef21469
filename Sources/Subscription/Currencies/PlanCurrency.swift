import Entities
import JSONCoding

/// A currency that plans may be priced in. Its audit columns are not part of the API (docs/contract/arc-api.md 6.5).
enum PlanCurrency {
    static let currencyCode = Field.string(
        "currencyCode", maxLength: 3, pattern: .currencyCode, required: true,
        description: "ISO 4217 code, unique; determines how many decimals prices may have", example: "USD")
    static let currencyName = Field.string(
        "currencyName", maxLength: 100, pattern: .visibleText, required: true, example: "United States Dollar")
    static let symbol = Field.string("symbol", maxLength: 10, pattern: .visibleText, example: "$")
    static let country = Field.string("country", maxLength: 100, example: "United States")

    /// The description.
    static let entity = Entity(
        "Currency", table: "currencies", description: "A currency that plans may be priced in.", audit: .hidden,
        tenancy: .shared,
        fields: [currencyCode, currencyName, symbol, country],
        uniqueKeys: [UniqueKey("idx_currencies_code", currencyCode)],
        alwaysSet: [currencyCode, currencyName, AuditBlock.createdOn, AuditBlock.modifiedOn, AuditBlock.deleted])
}
