/// The fields every entity has without naming them, in the order JSON shows them (contract 4.3).
enum AuditBlock {
    static let fields: [Field] = [
        Field("deleted", type: .boolean, schema: .boolean),
        Field("deletedOn", type: .timestamp, nullable: true, schema: .string(format: .dateTime)),
        Field("deletedBy", type: .identifier, nullable: true, schema: .string()),
        Field("createdOn", type: .timestamp, schema: .string(format: .dateTime)),
        Field("modifiedOn", type: .timestamp, schema: .string(format: .dateTime)),
        Field("createdBy", type: .identifier, schema: .string()),
        Field("modifiedBy", type: .identifier, schema: .string()),
    ]

    static let identifier = Field("id", type: .identifier, access: .readOnly, schema: .string(format: .uuid))

    /// The same fields out of JSON's sight.
    static let hiddenFields = fields.map {
        Field($0.name, type: $0.type, access: .hidden, schema: $0.schema)
    }

    /// As request members: accepted, checked, ignored.
    static let requestProperties = fields.map {
        Schema.Property($0.name, $0.schema.described("Set by the server; ignored in requests."))
    }
}
