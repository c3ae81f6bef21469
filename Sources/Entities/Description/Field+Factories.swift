package import JSONCoding
import Primitives

extension EntityField where Self == Field<String> {
    /// A text.
    package static func string(
        _ name: String, minLength: Int? = nil, maxLength: Int? = nil, pattern: Pattern? = nil,
        format: StringFormat? = nil, oneOf: [String] = [], column: String? = nil, required: Bool = false,
        nullable: Bool = false, access: FieldAccess = .readWrite, description: String = "", example: JSONValue? = nil
    ) -> Self {
        Field(
            FieldDefinition(
                name, column: column, type: .string, required: required, nullable: nullable, access: access,
                schema: .string(
                    minLength: minLength, maxLength: maxLength, pattern: pattern, format: format, oneOf: oneOf),
                description: description, example: example))
    }
}

extension EntityField where Self == Field<Identifier> {
    /// A UUID; another text is a violation of `format`.
    package static func identifier(
        _ name: String, column: String? = nil, required: Bool = false, nullable: Bool = false,
        access: FieldAccess = .readWrite, description: String = "", example: JSONValue? = nil
    ) -> Self {
        Field(
            FieldDefinition(
                name, column: column, type: .identifier, required: required, nullable: nullable, access: access,
                schema: .string(format: .uuid), description: description, example: example))
    }
}

extension EntityField where Self == Field<Int> {
    /// A whole number; the bounds of the column's width are checked too.
    package static func integer(
        _ name: String, width: IntegerWidth = .int32, minimum: Int? = nil, maximum: Int? = nil, oneOf: [Int] = [],
        column: String? = nil, required: Bool = false, nullable: Bool = false, access: FieldAccess = .readWrite,
        description: String = "", example: JSONValue? = nil
    ) -> Self {
        Field(
            FieldDefinition(
                name, column: column, type: .integer(width), required: required, nullable: nullable, access: access,
                schema: .integer(width: width, minimum: minimum, maximum: maximum, oneOf: oneOf),
                description: description, example: example))
    }
}

extension EntityField where Self == Field<JSONNumber> {
    /// A `numeric`, exact in both directions.
    package static func number(
        _ name: String, minimum: Int? = nil, maximum: Int? = nil, column: String? = nil, required: Bool = false,
        nullable: Bool = false, access: FieldAccess = .readWrite, description: String = "", example: JSONValue? = nil
    ) -> Self {
        Field(
            FieldDefinition(
                name, column: column, type: .number, required: required, nullable: nullable, access: access,
                schema: .number(minimum: minimum, maximum: maximum), description: description, example: example))
    }
}

extension EntityField where Self == Field<Bool> {
    /// `true` or `false`.
    package static func boolean(
        _ name: String, column: String? = nil, required: Bool = false, nullable: Bool = false,
        access: FieldAccess = .readWrite, description: String = "", example: JSONValue? = nil
    ) -> Self {
        Field(
            FieldDefinition(
                name, column: column, type: .boolean, required: required, nullable: nullable, access: access,
                schema: .boolean, description: description, example: example))
    }
}

extension EntityField where Self == Field<Timestamp> {
    /// A moment.
    /// - Parameter acceptsDate: whether `2026-01-05` is accepted too, meaning its midnight UTC.
    package static func timestamp(
        _ name: String, acceptsDate: Bool = false, column: String? = nil, required: Bool = false,
        nullable: Bool = false, access: FieldAccess = .readWrite, description: String = "", example: JSONValue? = nil
    ) -> Self {
        Field(
            FieldDefinition(
                name, column: column, type: .timestamp, required: required, nullable: nullable, access: access,
                schema: .string(format: acceptsDate ? .dateOrDateTime : .dateTime), description: description,
                example: example))
    }
}

extension EntityField where Self == Field<JSONText> {
    /// A `jsonb` column; an object with any members unless `schema` says more.
    package static func object(
        _ name: String, schema: Schema = .freeObject, column: String? = nil, required: Bool = false,
        nullable: Bool = false, access: FieldAccess = .readWrite, description: String = "", example: JSONValue? = nil
    ) -> Self {
        Field(
            FieldDefinition(
                name, column: column, type: .json, required: required, nullable: nullable, access: access,
                schema: schema, description: description, example: example))
    }
}

extension EntityField where Self == Field<[String]> {
    /// A list of texts.
    package static func strings(
        _ name: String, items: Schema = .string(), uniqueItems: Bool = false, maxItems: Int? = nil,
        column: String? = nil, required: Bool = false, nullable: Bool = false, access: FieldAccess = .readWrite,
        description: String = "", example: JSONValue? = nil
    ) -> Self {
        Field(
            FieldDefinition(
                name, column: column, type: .strings, required: required, nullable: nullable, access: access,
                schema: .array(of: items, uniqueItems: uniqueItems, maxItems: maxItems), description: description,
                example: example))
    }
}

extension Field where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// A text that is one of an enumeration's.
    package static func string(
        _ name: String, column: String? = nil, required: Bool = false, nullable: Bool = false,
        access: FieldAccess = .readWrite, description: String = "", example: JSONValue? = nil
    ) -> Field {
        Field(
            FieldDefinition(
                name, column: column, type: .string, required: required, nullable: nullable, access: access,
                schema: .string(oneOf: Value.allCases.map(\.rawValue)), description: description, example: example))
    }
}

extension Field where Value: RawRepresentable & CaseIterable, Value.RawValue == Int {
    /// A number that is one of an enumeration's.
    package static func integer(
        _ name: String, width: IntegerWidth = .int32, column: String? = nil, required: Bool = false,
        nullable: Bool = false, access: FieldAccess = .readWrite, description: String = "", example: JSONValue? = nil
    ) -> Field {
        Field(
            FieldDefinition(
                name, column: column, type: .integer(width), required: required, nullable: nullable, access: access,
                schema: .integer(
                    width: width, minimum: nil, maximum: nil, oneOf: Value.allCases.map(\.rawValue)),
                description: description, example: example))
    }
}
