package import JSONCoding

/// Schemas as OpenAPI 3.1 shows them (JSON Schema 2020-12).
extension Schema {
    /// Writes the schema: `{"$ref": …}` for a named one, in full otherwise.
    package func write(to writer: inout JSONWriter) {
        guard let component = componentName else { return writeDefinition(to: &writer) }
        writer.beginObject()
        if isNullable {
            writer.key("anyOf")
            writer.beginArray()
            writeReference(component, to: &writer)
            writer.beginObject()
            writer.key("type")
            writer.string("null")
            writer.endObject()
            writer.endArray()
        } else {
            writer.key("$ref")
            writer.string("#/components/schemas/\(component)")
        }
        writer.endObject()
    }

    /// Writes the schema in full, members that are components as `$ref`.
    package func writeDefinition(to writer: inout JSONWriter) {
        writer.beginObject()
        if case .reference(let component) = kind {
            writer.key("$ref")
            writer.string("#/components/schemas/\(component)")
        } else {
            if let name {
                writer.key("title")
                writer.string(name)
            }
            writeType(to: &writer)
            writeRules(to: &writer)
            for (keyword, value) in keywords { writer.member(named: keyword, value) }
            writeAnnotations(to: &writer)
        }
        writer.endObject()
    }

    /// Adds this schema, if it has a name, and every named schema inside it.
    package func collectNamed(into schemas: inout [String: Schema]) {
        if let name {
            guard schemas[name] == nil else { return }
            schemas[name] = component()
        }
        switch kind {
        case .array(let rules): rules.items.collectNamed(into: &schemas)
        case .object(let rules): for property in rules.properties { property.schema.collectNamed(into: &schemas) }
        case .anyOf(let alternatives): for schema in alternatives { schema.collectNamed(into: &schemas) }
        case .string, .number, .boolean, .any, .reference: break
        }
    }

    /// The names of the components that the schema refers to by name only.
    package var references: Set<String> {
        var names = keywords.references
        switch kind {
        case .reference(let name): names.insert(name)
        case .array(let rules): names.formUnion(rules.items.references)
        case .object(let rules): for property in rules.properties { names.formUnion(property.schema.references) }
        case .anyOf(let alternatives): for schema in alternatives { names.formUnion(schema.references) }
        case .string, .number, .boolean, .any: break
        }
        return names
    }

    private var componentName: String? {
        if case .reference(let name) = kind { return name }
        return name
    }

    private func writeReference(_ component: String, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("$ref")
        writer.string("#/components/schemas/\(component)")
        writer.endObject()
    }

    private func writeType(to writer: inout JSONWriter) {
        switch kind {
        case .any: return
        case .anyOf(let alternatives):
            writer.key("anyOf")
            writer.beginArray()
            for schema in alternatives { schema.write(to: &writer) }
            writer.endArray()
            return
        case .string(let rules) where rules.format == .dateOrDateTime:
            writer.key("anyOf")
            let forms: [JSONValue] = [
                ["type": "string", "format": "date"], ["type": "string", "format": "date-time"],
            ]
            writer.value(.array(isNullable ? forms + [["type": "null"]] : forms))
            return
        default: break
        }
        writer.key("type")
        guard isNullable else { return writer.string(typeName) }
        writer.beginArray()
        writer.string(typeName)
        writer.string("null")
        writer.endArray()
    }

    private func writeRules(to writer: inout JSONWriter) {
        switch kind {
        case .string(let rules):
            writer.optionalMember("minLength", rules.minimumLength)
            writer.optionalMember("maxLength", rules.maximumLength)
            if let pattern = rules.documentedPattern(hasAllowedValues: !allowedValues.isEmpty) {
                writer.key("pattern")
                writer.string(pattern)
            }
            if let format = rules.format, format != .dateOrDateTime {
                writer.key("format")
                writer.string(format.name)
            }
        case .number(let rules):
            if let width = rules.width {
                writer.key("format")
                writer.string(width == .int64 ? "int64" : "int32")
            }
            writer.optionalMember("minimum", rules.minimum)
            writer.optionalMember("maximum", rules.maximum)
            writer.optionalMember("exclusiveMinimum", rules.exclusiveMinimum)
        case .array(let rules):
            writer.key("items")
            rules.items.write(to: &writer)
            writer.optionalMember("minItems", rules.minimumCount)
            writer.optionalMember("maxItems", rules.maximumCount)
            if rules.hasUniqueItems {
                writer.key("uniqueItems")
                writer.bool(true)
            }
        case .object(let rules): write(rules, to: &writer)
        case .boolean, .any, .anyOf, .reference: break
        }
        if !allowedValues.isEmpty {
            writer.key("enum")
            writer.value(.array(isNullable ? allowedValues + [.null] : allowedValues))
        }
    }

    private func write(_ rules: ObjectRules, to writer: inout JSONWriter) {
        if !rules.properties.isEmpty {
            writer.key("properties")
            writer.beginObject()
            for property in rules.properties {
                writer.key(property.name)
                property.schema.write(to: &writer)
            }
            writer.endObject()
        }
        let required = rules.properties.filter(\.isRequired)
        if !required.isEmpty {
            writer.key("required")
            writer.beginArray()
            for property in required { writer.string(property.name) }
            writer.endArray()
        }
        if rules.isClosed {
            writer.key("additionalProperties")
            writer.bool(false)
        } else if rules.properties.isEmpty {
            // The same as `true` or as nothing; this is what generators of clients understand in every place.
            writer.member("additionalProperties", JSONValue.object([:]))
        }
    }

    private func writeAnnotations(to writer: inout JSONWriter) {
        if !text.isEmpty {
            writer.key("description")
            writer.string(text)
        }
        if let defaultValue {
            writer.key("default")
            writer.value(defaultValue)
        }
        if let exampleValue {
            writer.key("examples")
            writer.value(.array([exampleValue]))
        }
    }
}

extension JSONObject {
    /// The names in `{"$ref": "#/components/schemas/…"}` at every depth.
    fileprivate var references: Set<String> {
        reduce(into: []) { names, member in
            if member.key == "$ref", let name = member.value.stringValue?.split(separator: "/").last {
                names.insert(String(name))
            } else {
                names.formUnion(Self.references(in: member.value))
            }
        }
    }

    private static func references(in value: JSONValue) -> Set<String> {
        switch value {
        case .object(let object): object.references
        case .array(let items): items.reduce(into: []) { $0.formUnion(references(in: $1)) }
        default: []
        }
    }
}

extension Schema.StringRules {
    /// Texts without U+0000, which PostgreSQL does not store.
    static let storable = "^[^\\u0000]*$"

    /// The pattern that documents show: the rule's own, or the one for every text without other rules.
    fileprivate func documentedPattern(hasAllowedValues: Bool) -> String? {
        pattern?.regex ?? (format == nil && !hasAllowedValues ? Self.storable : nil)
    }
}

extension JSONWriter {
    fileprivate mutating func optionalMember(_ key: StaticString, _ value: Int?) {
        guard let value else { return }
        self.key(key)
        integer(value)
    }
}
