/// How rows of one entity belong to rows of another; what `include` may name.
package struct Relation: Sendable, Hashable {
    /// How many rows there can be on the other side.
    package enum Kind: Sendable, Hashable {
        /// At most one: an object in JSON.
        case one
        /// Any number: an array in JSON.
        case many
    }

    /// The property's name in JSON.
    package let name: String
    /// The name of the other entity.
    package let target: String
    /// How many rows there can be on the other side.
    package let kind: Kind
    /// The name of this entity's field that is compared.
    package let sourceField: String
    /// The name of the other entity's field that it is compared with.
    package let targetField: String

    /// This row holds the other's key: a contact's `tenant` by `tenantId`.
    package static func belongsTo(
        _ name: String, _ target: String, by source: some EntityField, references key: some EntityField = Entity.id
    ) -> Relation {
        Relation(name: name, target: target, kind: .one, sourceField: source.name, targetField: key.name)
    }

    /// Other rows hold this one's key: a tenant's `contacts` by `tenantId`.
    package static func hasMany(
        _ name: String, _ target: String, by key: some EntityField, from source: some EntityField = Entity.id
    ) -> Relation {
        Relation(name: name, target: target, kind: .many, sourceField: source.name, targetField: key.name)
    }

    /// At most one other row holds this one's key: a lead's `tenant` by `leadId`.
    package static func hasOne(
        _ name: String, _ target: String, by key: some EntityField, from source: some EntityField = Entity.id
    ) -> Relation {
        Relation(name: name, target: target, kind: .one, sourceField: source.name, targetField: key.name)
    }
}
