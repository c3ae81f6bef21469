import Entities
import JSONCoding
import ServiceKit

/// What tenants use, how it is counted, and which feature limits it.
enum Meter {
    /// How the events of a period become one number.
    enum Aggregation: String, FieldValue, CaseIterable {
        /// The sum of their quantities.
        case sum
        /// How many there are; what was reserved and used counts as often as was reserved.
        case count
        /// The largest quantity.
        case max
        /// The quantity of the last one, by when it happened.
        case latest
        /// How many different values they have.
        case unique

        /// Whether events have a quantity.
        var takesQuantity: Bool { self == .sum || self == .max || self == .latest }
        /// Whether events have a value.
        var takesValue: Bool { self == .unique }
        /// Whether the use of two periods adds up to that of both, so that a part of it can be reserved or paid in advance.
        var isAdditive: Bool { self == .sum || self == .count }
    }

    /// The periods, in UTC, that a limit is for.
    enum LimitPeriod: String, FieldValue, CaseIterable {
        case day
        case month
        case year
        /// One period without an end.
        case forever
    }

    static let maximumKeyLength = 100

    static let name = Field.string(
        "name", minLength: 1, maxLength: 200, pattern: .visibleText, required: true, example: "API calls")
    static let key = Field.string(
        "key", minLength: 1, maxLength: maximumKeyLength, pattern: .token, required: true,
        description: "Unique; events name their meter by it, and items of a subscription have it as their id",
        example: "api-calls")
    static let aggregation = Field<Aggregation>.string(
        "aggregation", required: true,
        description: "How the events of a period become one number; cannot be changed", example: "sum")
    static let unit = Field.string("unit", maxLength: 50, description: "For readers", example: "calls")
    static let featureKey = Field.string(
        "featureKey", minLength: 1, maxLength: Feature.maximumKeyLength, pattern: .visibleText, nullable: true,
        description: "Key of the feature whose value limits the use in each period; a feature limits one meter",
        example: "api-calls")
    static let limitPeriod = Field<LimitPeriod>.string(
        "limitPeriod", description: "The period, in UTC, that the limit is for (default: month)", example: "month")
    static let allowsOverage = Field.boolean(
        "allowsOverage", description: "Whether reservations above the limit are granted (default: false)",
        example: false)
    static let alertThresholds = Field.object(
        "alertThresholds", schema: .array(of: .integer(minimum: 1, maximum: 1000), uniqueItems: true, maxItems: 10),
        description: "Percentages of the limit at which USAGE_THRESHOLD_REACHED is published, once in a period",
        example: [80, 100])

    /// The description.
    static let entity = Entity(
        "Meter", table: "meters", description: "What tenants use, how it is counted, and which feature limits it.",
        tenancy: .shared,
        fields: [name, key, aggregation, unit, featureKey, limitPeriod, allowsOverage, alertThresholds],
        uniqueKeys: [UniqueKey("idx_meters_key", key), UniqueKey("idx_meters_feature", featureKey)],
        rules: [
            RowRule("meters_aggregation_fixed", code: "immutable", [aggregation: "cannot be changed"])
        ],
        alwaysSet: [
            name, key, aggregation, limitPeriod, allowsOverage, alertThresholds, AuditBlock.createdOn,
            AuditBlock.modifiedOn, AuditBlock.deleted,
        ])
}
