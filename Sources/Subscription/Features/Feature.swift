import Entities
import JSONCoding
import ServiceKit

/// Something that can be switched on, off or set for a plan, a tenant or everybody.
enum Feature {
    /// Characters of a key: what the column that values name it in holds.
    static let maximumKeyLength = 50

    static let name = Field.string(
        "name", minLength: 1, maxLength: 200, pattern: .visibleText, required: true, example: "Single sign-on")
    static let key = Field.string(
        "key", minLength: 1, maxLength: maximumKeyLength, pattern: .visibleText, required: true, description: "Unique",
        example: "sso")
    static let description = Field.string(
        "description", maxLength: 1000, example: "Users sign in with the identity provider of the tenant")
    static let defaultValue = Field.string(
        "defaultValue", maxLength: 5000, description: "The default value", example: "off")
    static let type = Field.string(
        "type", maxLength: 100, pattern: .visibleText, description: "Type of the values, for readers", example: "string"
    )
    static let metadata = Field.object("metadata", description: "Free-form data", example: ["group": "security"])

    /// The description.
    static let entity = Entity(
        "Feature", table: "features", description: "A feature that can be switched on or off, or have a value.",
        actors: .texts,
        tenancy: .shared,
        fields: [name, key, description, defaultValue, type, metadata],
        uniqueKeys: [UniqueKey("idx_features_key", key)],
        alwaysSet: [name, key, AuditBlock.createdOn, AuditBlock.modifiedOn, AuditBlock.deleted])

    /// Its operations.
    static let resource = EntityResource(
        entity, path: "/features", controller: "FeatureController",
        access: FeaturePolicy.features, acceptsOwnIDs: true)
}
