import Entities
import JSONCoding
import ServiceKit

/// The value of a feature under a strategy.
enum FeatureValue {
    static let featureKey = Field.string(
        "featureKey", minLength: 1, maxLength: Feature.maximumKeyLength, pattern: .visibleText, required: true,
        description: "The feature's key, or its id", example: "sso")
    static let strategyKey = Field.string(
        "strategyKey", minLength: 1, maxLength: 50, pattern: .visibleText, required: true,
        description: "The strategy's key", example: "Tenant")
    static let strategyEntityID = Field.identifier(
        "strategyEntityId", description: "The tenant, user or plan; omitted for everybody")
    static let status = Field.boolean("status", description: "Whether the feature is on (default: true)", example: true)
    static let value = Field.string("value", maxLength: 5000, example: "25")

    /// The description. A tenant sees the values for everybody, for plans, and for itself; row-level security has the same
    /// condition.
    static let entity = Entity(
        "FeatureValues", table: "feature_values", description: "The value of a feature under a strategy.",
        actors: .texts,
        tenancy: .custom("{row}.strategy_entity_id = {tenant} OR {row}.strategy_key IN ('System', 'Plan')"),
        fields: [featureKey, strategyKey, strategyEntityID, status, value],
        alwaysSet: [featureKey, strategyKey, status, AuditBlock.createdOn, AuditBlock.modifiedOn, AuditBlock.deleted])

    /// Its operations.
    static let resource = EntityResource(
        entity, path: "/feature-values", controller: "FeatureValuesController",
        access: FeaturePolicy.values, acceptsOwnIDs: true)
}
