/// The schemas that follow from an entity's description (docs/contract/arc-api.md 5.0).
///
/// What a response may show as `null`, because it is unset, requests may send as `null`: so what was read can be sent back.
struct EntitySchemas {
    let new: Schema
    let replacement: Schema
    let partial: Schema
    let response: Schema
    let responseWithRelations: Schema

    /// - Parameter alwaysSet: Names of fields that are never unset.
    init(
        _ name: String, description: String, audit: Audit, fields: [FieldDefinition], relations: [Relation],
        alwaysSet: Set<String>
    ) {
        let writable = fields.filter { $0.access == .readWrite }
        let auditMembers = audit == .visible ? AuditBlock.requestProperties : []
        let members = writable.map {
            Schema.Property(
                $0.name, $0.isRequired || alwaysSet.contains($0.name) ? $0.schema : $0.schema.nullable(),
                required: $0.isRequired)
        }
        let identifier = Schema.Property(Entity.id)
        new = .object(auditMembers + members, name: "New\(name)").described("A new row of \(name).")
        replacement = .object(auditMembers + [identifier] + members, name: "\(name)Replacement")
            .described("All members of \(name); omitted members are unset.")
        partial = .object(auditMembers + [identifier] + members, name: "\(name)Partial")
            .optional().described("Members of \(name) to change.")

        let shown = (audit == .visible ? AuditBlock.fields : []) + [AuditBlock.identifier]
        let properties =
            shown.map { Schema.Property($0.name, Self.response($0, isOptional: $0.name != Entity.id.name)) }
            + fields.filter { $0.access != .hidden }
            .map { Schema.Property($0.name, Self.response($0, isOptional: !$0.isRequired)) }
        response = .object(properties, name: name).described(description)
        responseWithRelations =
            relations.isEmpty
            ? response
            : .object(properties + relations.map(Self.property), name: "\(name)WithRelations")
                .described(description.isEmpty ? "With the relations that `filter.include` names." : description)
    }

    /// Responses show unset columns as `null`.
    private static func response(_ field: FieldDefinition, isOptional: Bool) -> Schema {
        isOptional && field.name != AuditBlock.deleted.name ? field.schema.nullable() : field.schema
    }

    private static func property(_ relation: Relation) -> Schema.Property {
        let target = Schema.reference(referenceName(relation.target))
        return Schema.Property(relation.name, relation.kind == .many ? .array(of: target) : target)
    }

    /// The component of a related entity. Always the one with relations: includes nest.
    static func referenceName(_ entity: String) -> String { "\(entity)WithRelations" }
}
