package import JSONCoding
import PostgresClient
package import Primitives

/// What a create, change or replacement writes, by field name.
package struct FieldValues: Sendable {
    let entity: Entity
    /// By position in `entity.properties`.
    private var values: [PostgresValue?]
    /// Names that the entity does not have: a mistake of the code, reported when the statement is made.
    private(set) var unknownNames: [String] = []
    /// The row's id: chosen for a create (default: a new UUIDv7), or named by the body of a replacement.
    package var identifier: Identifier?

    /// No values yet.
    package init(_ entity: Entity) {
        self.entity = entity
        values = Array(repeating: nil, count: entity.properties.count)
    }

    /// The members of a body that has passed one of the entity's schemas. Members that the server sets (audit
    /// block, read-only fields) are left out; an `id` is kept in `identifier`.
    package init(_ entity: Entity, json: JSONObject) throws(RepositoryError) {
        self.init(entity)
        for (name, value) in json {
            guard let position = entity.fieldIndex[ExactText(name)] else { continue }
            let field = entity.properties[position]
            if name == Entity.id.name {
                identifier = value.stringValue.flatMap { Identifier($0) }
            } else if field.access == .readWrite, !AuditBlock.names.contains(name) {
                values[position] = try Self.parameter(value, field)
            }
        }
    }

    /// The value of a field; nil: it is NULL, or not written. Setting nil writes NULL. Code may set what bodies may not:
    /// hidden and read-only fields, and the audit block, which the server fills in otherwise. The id is `identifier`.
    package subscript<Value: FieldValue>(_ field: Field<Value>) -> Value? {
        get { self[field.name].flatMap { Value(bound: $0) } }
        set { self[field.name] = .optional(newValue) { $0.bound(as: field.definition.type) } }
    }

    /// Whether a field is written, with a value or with NULL.
    package func writes(_ field: some EntityField) -> Bool { self[field.name] != nil }

    /// Leaves a field alone.
    package mutating func remove(_ field: some EntityField) { self[field.name] = nil }

    /// The value of a field; nil: not written. Code may set what bodies may not: hidden and read-only fields, and
    /// the audit block, which the server fills in otherwise. The id is `identifier`.
    subscript(_ field: String) -> PostgresValue? {
        get { entity.fieldIndex[ExactText(field)].flatMap { values[$0] } }
        set {
            if field != Entity.id.name, let position = entity.fieldIndex[ExactText(field)] {
                values[position] = newValue.map(Self.storable)
            } else {
                unknownNames.append(field)
            }
        }
    }

    /// Whether no field is written.
    package var isEmpty: Bool { values.allSatisfy { $0 == nil } }

    /// Fields and values in the entity's order.
    var assignments: [(field: FieldDefinition, value: PostgresValue)] {
        values.indices.compactMap { position in
            values[position].map { (entity.properties[position], $0) }
        }
    }

    /// Rows keep what JSON shows of an instant, so that it can be compared: milliseconds.
    private static func storable(_ value: PostgresValue) -> PostgresValue {
        guard case .timestamp(let instant) = value else { return value }
        return .timestamp(instant.truncatedToMilliseconds)
    }

    /// A JSON value as the field's column takes it.
    static func parameter(_ value: JSONValue, _ field: FieldDefinition) throws(RepositoryError) -> PostgresValue {
        if value.isNull, field.type != .json || field.schema.isNullable || !field.isRequired { return .null }
        let converted: PostgresValue? =
            switch (field.type, value) {
            case (.string, .string(let text)): .text(text)
            case (.identifier, .string(let text)): Identifier(text).map { .identifier($0) }
            case (.integer(let width), .number(let number)): number.int64.flatMap { width.value($0) }
            case (.number, .number(let number)): .numeric(number.literal)
            case (.boolean, .bool(let flag)): .bool(flag)
            case (.timestamp, .string(let text)): Timestamp(iso8601: text).map { storable(.timestamp($0)) }
            case (.json, _): .json(value.serialized())
            case (.strings, .array(let items)): .textArray(items.compactMap(\.stringValue))
            default: nil
            }
        guard let converted else { throw .invalid(field: field.name, reason: .malformed) }
        return converted
    }
}

extension AuditBlock {
    static let names = Set(fields.map(\.name))
}

extension IntegerWidth {
    fileprivate func value(_ number: Int64) -> PostgresValue? {
        switch self {
        case .int16: Int16(exactly: number).map { .int16($0) }
        case .int32: Int32(exactly: number).map { .int32($0) }
        case .int64: .int64(number)
        }
    }
}
