/// Members that are fields of an entity.
extension Schema.Property {
    /// The member of a field with its own schema.
    package init(_ field: some EntityField, required: Bool = false) {
        self.init(field.name, field.definition.schema, required: required)
    }

    /// The member of a field with another schema than in the entity's own requests.
    package init(_ field: some EntityField, _ schema: Schema, required: Bool = false) {
        self.init(field.name, schema, required: required)
    }
}

extension ValidationFailure {
    /// One field of the input. `code` is the name of the rule for programs.
    package static func invalidField(_ field: some EntityField, code: String, _ message: String) -> ValidationFailure {
        .invalidField(field.path, code: code, message)
    }

    /// A field that must be given.
    package static func required(_ field: some EntityField) -> ValidationFailure { .required("", field.name) }
}

extension Schema {
    /// The object schema without these fields.
    package func omitting(_ fields: any EntityField...) -> Schema { omitting(fields.map(\.name)) }

    /// The object schema with these fields required.
    package func requiring(_ fields: any EntityField...) -> Schema { requiring(fields.map(\.name)) }
}
