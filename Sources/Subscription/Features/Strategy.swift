import Entities
import JSONCoding
import ServiceKit

/// Selects the value of a feature: for everybody, for a tenant, a user or a plan.
enum Strategy {
    /// The key of the strategy that plan features are stored under (docs/contract/arc-api.md 6.1).
    static let plan = "Plan"

    static let name = Field.string(
        "name", minLength: 1, maxLength: 200, pattern: .visibleText, required: true, example: "Tenant")
    static let key = Field.string(
        "key", minLength: 1, maxLength: 50, pattern: .visibleText, required: true, example: "Tenant")
    static let priority = Field.integer(
        "priority", description: "Values with a higher priority take precedence", example: 2)

    /// The description.
    static let entity = Entity(
        "Strategy", table: "strategies", description: "A strategy that selects the value of a feature.",
        actors: .texts, tenancy: .shared,
        fields: [name, key, priority],
        alwaysSet: [name, key, AuditBlock.createdOn, AuditBlock.modifiedOn, AuditBlock.deleted])

    /// Its operations.
    static let resource = EntityResource(
        entity, path: "/strategies", controller: "StrategyController",
        access: FeaturePolicy.strategies, acceptsOwnIDs: true)
}
