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
    /// The field of this entity that is compared.
    package let sourceField: String
    /// The field of the other entity that it is compared with.
    package let targetField: String

    /// This row holds the other's key: a contact's `tenant` by `tenantId`.
    package static func belongsTo(
        _ name: String, _ target: String, by sourceField: String, references targetField: String = "id"
    ) -> Relation {
        Relation(name: name, target: target, kind: .one, sourceField: sourceField, targetField: targetField)
    }

    /// Other rows hold this one's key: a tenant's `contacts` by `tenantId`.
    package static func hasMany(
        _ name: String, _ target: String, by targetField: String, from sourceField: String = "id"
    ) -> Relation {
        Relation(name: name, target: target, kind: .many, sourceField: sourceField, targetField: targetField)
    }

    /// At most one other row holds this one's key: a lead's `tenant` by `leadId`.
    package static func hasOne(
        _ name: String, _ target: String, by targetField: String, from sourceField: String = "id"
    ) -> Relation {
        Relation(name: name, target: target, kind: .one, sourceField: sourceField, targetField: targetField)
    }
}
