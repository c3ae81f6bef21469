package import JSONCoding

/// A field of an entity, whatever the type of its values: what descriptions list.
package protocol EntityField: Sendable {
    /// Everything that is known about it.
    var definition: FieldDefinition { get }
}

extension EntityField {
    /// The name in JSON.
    package var name: String { definition.name }
    /// The JSON pointer to the field in the body of a request.
    package var path: String { "/\(definition.name)" }
}

extension FieldDefinition: EntityField {
    package var definition: FieldDefinition { self }
}

/// A field of an entity with the type of its values. It is a static member of the entity's namespace, and that
/// declaration is the only place with its name:
///
///     static let status = Field<Status>.integer("status", width: .int16, required: true)
///
/// Everything else refers to the member, so that the compiler checks both the name and the type:
///
///     values[Tenant.status] = .provisioning
///     let status = try row[Tenant.status]
///     Filter(where: .equals(Tenant.status, .active), order: [Order(Tenant.key)])
///     body[Tenant.status]
package struct Field<Value: FieldValue>: EntityField {
    package let definition: FieldDefinition

    /// A field by its definition; the factories are shorter.
    package init(_ definition: FieldDefinition) { self.definition = definition }
}

extension JSONObject {
    /// The member that a field has in bodies and in rows.
    package subscript(_ field: some EntityField) -> JSONValue? {
        get { self[field.name] }
        set { self[field.name] = newValue }
    }
}

extension JSONValue {
    /// The member that a field has in bodies and in rows; nil if this is not an object.
    package subscript(_ field: some EntityField) -> JSONValue? { self[field.name] }
}

extension JSONWriter {
    /// Writes the name of a field as the key of a member.
    package mutating func key(_ field: some EntityField) { key(field.name) }

    /// Writes a field as a member.
    package mutating func member(_ field: some EntityField, _ value: some JSONWritable) {
        member(named: field.name, value)
    }
}
