package import Primitives

/// The fields every entity has without naming them, in the order JSON shows them (docs/contract/arc-api.md 4.3).
package enum AuditBlock {
    package static let deleted = Field.boolean("deleted")
    package static let deletedOn = Field.timestamp("deletedOn", nullable: true)
    package static let deletedBy = Field<Identifier>(
        FieldDefinition("deletedBy", type: .identifier, nullable: true, schema: .string()))
    package static let createdOn = Field.timestamp("createdOn")
    package static let modifiedOn = Field.timestamp("modifiedOn")
    /// In tables whose actors are identifiers.
    package static let createdBy = Field<Identifier>(actor("createdBy", .identifiers))
    /// In tables whose actors are identifiers.
    package static let modifiedBy = Field<Identifier>(actor("modifiedBy", .identifiers))

    static let fields = fields(.identifiers)

    /// The fields of a table whose `created_by` and `modified_by` are of the given kind.
    static func fields(_ actors: AuditActors) -> [FieldDefinition] {
        [deleted, deletedOn, deletedBy, createdOn, modifiedOn].map { (field: any EntityField) in field.definition }
            + [actor(createdBy.name, actors), actor(modifiedBy.name, actors)]
    }

    private static func actor(_ name: String, _ actors: AuditActors) -> FieldDefinition {
        switch actors {
        case .identifiers: FieldDefinition(name, type: .identifier, schema: .string())
        case .texts: FieldDefinition(name, type: .string, schema: .string(maxLength: Actor.maximumTextLength))
        }
    }

    static let identifier = Entity.id.definition

    /// The same fields, which JSON does not show.
    static func hiddenFields(_ actors: AuditActors) -> [FieldDefinition] {
        fields(actors).map { FieldDefinition($0.name, type: $0.type, access: .hidden, schema: $0.schema) }
    }

    /// As members of requests: accepted, checked, ignored (docs/contract/arc-api.md 15).
    package static let requestProperties = fields.map {
        let schema = $0.schema.described("Set by the server; ignored in requests.")
        let unset = [createdBy.name, createdOn.name, modifiedBy.name, modifiedOn.name]
        return Schema.Property($0.name, unset.contains($0.name) ? schema.nullable() : schema)
    }
}
