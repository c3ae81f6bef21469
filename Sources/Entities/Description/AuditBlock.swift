/// The fields every entity has without naming them, in the order JSON shows them (docs/contract/arc-api.md 4.3).
package enum AuditBlock {
    static let fields = fields(.identifiers)

    /// The fields of a table whose `created_by` and `modified_by` are of the given kind.
    static func fields(_ actors: AuditActors) -> [Field] {
        let actor = { (name: String) in
            switch actors {
            case .identifiers: Field(name, type: .identifier, schema: .string())
            case .texts: Field(name, type: .string, schema: .string(maxLength: Actor.maximumTextLength))
            }
        }
        return [
            Field("deleted", type: .boolean, schema: .boolean),
            Field("deletedOn", type: .timestamp, nullable: true, schema: .string(format: .dateTime)),
            Field("deletedBy", type: .identifier, nullable: true, schema: .string()),
            Field("createdOn", type: .timestamp, schema: .string(format: .dateTime)),
            Field("modifiedOn", type: .timestamp, schema: .string(format: .dateTime)),
            actor("createdBy"),
            actor("modifiedBy"),
        ]
    }

    static let identifier = Field("id", type: .identifier, access: .readOnly, schema: .string(format: .uuid))

    /// The same fields out of JSON's sight.
    static func hiddenFields(_ actors: AuditActors) -> [Field] {
        fields(actors).map { Field($0.name, type: $0.type, access: .hidden, schema: $0.schema) }
    }

    /// As members of requests: accepted, checked, ignored (docs/contract/arc-api.md 15).
    package static let requestProperties = fields.map {
        Schema.Property($0.name, $0.schema.described("Set by the server; ignored in requests."))
    }
}
