package import JSONCoding

/// A value that a schema describes, wherever it is.
package struct SchemaField: Sendable, Hashable {
    /// `tenants[].id` for the member `id` of each element of the member `tenants`.
    package let path: String
    /// `string`, `integer`, `number`, `boolean`, `array`, `object` or `any`.
    package let type: String
    package let format: String?
    /// Whether it is there whenever the object is in which it is.
    package let isRequired: Bool
    package let isNullable: Bool
    /// The only values that it can have; empty: any.
    package let allowedValues: [JSONValue]

    package init(
        path: String, type: String, format: String?, isRequired: Bool, isNullable: Bool, allowedValues: [JSONValue]
    ) {
        self.path = path
        self.type = type
        self.format = format
        self.isRequired = isRequired
        self.isNullable = isNullable
        self.allowedValues = allowedValues
    }
}

extension Schema {
    /// Every value that the schema describes, members before what is in them; recursive references and alternatives are not
    /// followed.
    package var fields: [SchemaField] {
        var fields: [SchemaField] = []
        collect(path: "", into: &fields)
        return fields
    }

    private func collect(path: String, into fields: inout [SchemaField]) {
        switch kind {
        case .object(let rules):
            for property in rules.properties {
                let place = path.isEmpty ? property.name : "\(path).\(property.name)"
                fields.append(property.schema.field(at: place, isRequired: property.isRequired))
                property.schema.collect(path: place, into: &fields)
            }
        case .array(let rules):
            let place = "\(path)[]"
            fields.append(rules.items.field(at: place, isRequired: true))
            rules.items.collect(path: place, into: &fields)
        case .string, .number, .boolean, .any, .anyOf, .reference: break
        }
    }

    private func field(at path: String, isRequired: Bool) -> SchemaField {
        var format: String?
        if case .string(let rules) = kind { format = rules.format?.name }
        return SchemaField(
            path: path, type: typeName, format: format, isRequired: isRequired, isNullable: isNullable,
            allowedValues: allowedValues)
    }
}
