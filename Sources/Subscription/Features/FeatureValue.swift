import Entities
import JSONCoding
import ServiceKit

/// The value of a feature under a strategy.
enum FeatureValue {
    /// The description. A tenant sees the values for everybody, for plans, and for itself; row-level security has the same
    /// condition.
    static let entity = Entity(
        "FeatureValues", table: "feature_values", description: "The value of a feature under a strategy.",
        actors: .texts,
        tenancy: .custom("{row}.strategy_entity_id = {tenant} OR {row}.strategy_key IN ('System', 'Plan')"),
        fields: [
            .string(
                "featureKey", minLength: 1, maxLength: Feature.maximumKeyLength, pattern: .visibleText, required: true,
                description: "The feature's key, or its id", example: "sso"),
            .string(
                "strategyKey", minLength: 1, maxLength: 50, pattern: .visibleText, required: true,
                description: "The strategy's key",
                example: "Tenant"),
            .identifier("strategyEntityId", description: "The tenant, user or plan; omitted for everybody"),
            .boolean("status", description: "Whether the feature is on (default: true)", example: true),
            .string("value", maxLength: 5000, example: "25"),
        ],
        alwaysSet: ["featureKey", "strategyKey", "status", "createdOn", "modifiedOn", "deleted"])

    /// Its operations.
    static let resource = EntityResource(
        entity, path: "/feature-values", controller: "FeatureValuesController",
        permissions: CRUDPermissions(
            create: ["CreateFeatureValues", "10"], view: ["ViewFeatureValues", "9"],
            update: ["UpdateFeatureValues", "11"], delete: ["DeleteFeatureValues", "12"]),
        writers: .operators, acceptsOwnIds: true)
}
