package import JSONCoding

/// One property of an entity, whatever the Swift type of its values: its JSON name, its column and what it may hold.
package struct FieldDefinition: Sendable, Hashable {
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
    /// What becomes of it when personal data is erased; nil if it holds none.
    package internal(set) var personalData: PersonalData?
    /// Whether members of its documents may be secret: see ``Field/withSecretMembers()``.
    package internal(set) var hasSecretMembers = false

    /// A definition in full; the factories of ``Field`` are shorter.
    /// - Parameter column: defaults to the name in snake case.
    package init(
        _ name: String, column: String? = nil, type: FieldType, required: Bool = false, nullable: Bool = false,
        access: FieldAccess = .readWrite, schema: Schema, description: String = "", example: JSONValue? = nil
    ) {
        var schema = nullable ? schema.nullable() : schema
        if !description.isEmpty { schema = schema.described(description) }
        if let example { schema = schema.example(example) }
        self.name = name
        self.column = column ?? Self.snakeCase(name)
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
