package import JSONCoding

/// One property of an entity: its JSON name, its column and what it may hold.
package struct Field: Sendable, Hashable {
    /// The name in JSON, lower camel case.
    package let name: String
    /// The column's name.
    package let column: String
    /// What it is in PostgreSQL and JSON.
    package let type: FieldType
    /// Whether a create and a replacement must give it.
    package let isRequired: Bool
    /// Who sees and sets it.
    package let access: FieldAccess
    /// What a JSON value must look like.
    package let schema: Schema

    /// A field in full; the factories below are shorter.
    /// - Parameter column: defaults to the name in snake case.
    package init(
        _ name: String, column: String? = nil, type: FieldType, required: Bool = false, nullable: Bool = false,
        access: FieldAccess = .readWrite, schema: Schema, description: String = "", example: JSONValue? = nil
    ) {
        var schema = nullable ? schema.nullable() : schema
        if !description.isEmpty { schema = schema.described(description) }
        if let example { schema = schema.example(example) }
        self.name = name
        self.column = column ?? Field.snakeCase(name)
        self.type = type
        isRequired = required
        self.access = access
        self.schema = schema
    }

    /// `externalIdentifier` becomes `external_identifier`.
    static func snakeCase(_ name: String) -> String {
        var result = ""
        for character in name {
            if character.isUppercase { result += "_" }
            result += character.lowercased()
        }
        return result
    }
}

extension Field {
    /// A text.
    package static func string(
        _ name: String, minLength: Int? = nil, maxLength: Int? = nil, pattern: Pattern? = nil,
        format: StringFormat? = nil, oneOf: [String] = [], column: String? = nil, required: Bool = false,
        nullable: Bool = false, access: FieldAccess = .readWrite, description: String = "", example: JSONValue? = nil
    ) -> Field {
        Field(
            name, column: column, type: .string, required: required, nullable: nullable, access: access,
            schema: .string(
                minLength: minLength, maxLength: maxLength, pattern: pattern, format: format, oneOf: oneOf),
            description: description, example: example)
    }

    /// A UUID; another text is a violation of `format`.
    package static func identifier(
        _ name: String, column: String? = nil, required: Bool = false, nullable: Bool = false,
        access: FieldAccess = .readWrite, description: String = "", example: JSONValue? = nil
    ) -> Field {
        Field(
            name, column: column, type: .identifier, required: required, nullable: nullable, access: access,
            schema: .string(format: .uuid), description: description, example: example)
    }

    /// A whole number; the bounds of the column's width are checked too.
    package static func integer(
        _ name: String, width: IntegerWidth = .int32, minimum: Int? = nil, maximum: Int? = nil, oneOf: [Int] = [],
        column: String? = nil, required: Bool = false, nullable: Bool = false, access: FieldAccess = .readWrite,
        description: String = "", example: JSONValue? = nil
    ) -> Field {
        Field(
            name, column: column, type: .integer(width), required: required, nullable: nullable, access: access,
            schema: .integer(width: width, minimum: minimum, maximum: maximum, oneOf: oneOf),
            description: description, example: example)
    }

    /// A `numeric`, exact in both directions.
    package static func number(
        _ name: String, minimum: Int? = nil, maximum: Int? = nil, column: String? = nil, required: Bool = false,
        nullable: Bool = false, access: FieldAccess = .readWrite, description: String = "", example: JSONValue? = nil
    ) -> Field {
        Field(
            name, column: column, type: .number, required: required, nullable: nullable, access: access,
            schema: .number(minimum: minimum, maximum: maximum), description: description, example: example)
    }

    /// `true` or `false`.
    package static func boolean(
        _ name: String, column: String? = nil, required: Bool = false, nullable: Bool = false,
        access: FieldAccess = .readWrite, description: String = "", example: JSONValue? = nil
    ) -> Field {
        Field(
            name, column: column, type: .boolean, required: required, nullable: nullable, access: access,
            schema: .boolean, description: description, example: example)
    }

    /// A moment.
    /// - Parameter acceptsDate: whether `2026-01-05` is accepted too, meaning its midnight UTC.
    package static func timestamp(
        _ name: String, acceptsDate: Bool = false, column: String? = nil, required: Bool = false,
        nullable: Bool = false, access: FieldAccess = .readWrite, description: String = "", example: JSONValue? = nil
    ) -> Field {
        Field(
            name, column: column, type: .timestamp, required: required, nullable: nullable, access: access,
            schema: .string(format: acceptsDate ? .dateOrDateTime : .dateTime), description: description,
            example: example)
    }

    /// A `jsonb` column; an object with any members unless `schema` says more.
    package static func object(
        _ name: String, schema: Schema = .freeObject, column: String? = nil, required: Bool = false,
        nullable: Bool = false, access: FieldAccess = .readWrite, description: String = "", example: JSONValue? = nil
    ) -> Field {
        Field(
            name, column: column, type: .json, required: required, nullable: nullable, access: access,
            schema: schema, description: description, example: example)
    }

    /// A list of texts.
    package static func strings(
        _ name: String, items: Schema = .string(), uniqueItems: Bool = false, maxItems: Int? = nil,
        column: String? = nil, required: Bool = false, nullable: Bool = false, access: FieldAccess = .readWrite,
        description: String = "", example: JSONValue? = nil
    ) -> Field {
        Field(
            name, column: column, type: .strings, required: required, nullable: nullable, access: access,
            schema: .array(of: items, uniqueItems: uniqueItems, maxItems: maxItems), description: description,
            example: example)
    }
}
