package import JSONCoding

/// Values for the examples of documents.
extension Schema {
    /// A value that fulfils the schema: its example where it has one, and for objects all members but those that are
    /// left out. The same schema gives the same value.
    /// - Parameter omitting: members left out on every level, unless they are required there.
    package func sample(omitting names: Set<String> = []) -> JSONValue {
        if let exampleValue { return exampleValue }
        if let first = allowedValues.first { return first }
        if let defaultValue { return defaultValue }
        switch kind {
        case .string(let rules): return .string(Self.text(rules))
        case .number(let rules): return .integer(rules.minimum ?? rules.exclusiveMinimum.map { $0 + 1 } ?? 1)
        case .boolean: return .bool(false)
        case .array(let rules):
            if case .reference = rules.items.kind { return .array([]) }
            return .array([rules.items.sample(omitting: names)])
        case .object(let rules):
            var object = JSONObject()
            for property in rules.properties where property.isRequired || !names.contains(property.name) {
                // Related entities are there when they were asked for.
                if property.schema.refersElsewhere { continue }
                object[property.name] = property.schema.sample(omitting: names)
            }
            return .object(object)
        case .anyOf(let alternatives): return alternatives.first?.sample(omitting: names) ?? .null
        case .any, .reference: return .null
        }
    }

    private var refersElsewhere: Bool {
        switch kind {
        case .reference: true
        case .array(let rules): rules.items.refersElsewhere
        default: false
        }
    }

    private static func text(_ rules: StringRules) -> String {
        switch rules.format {
        case .uuid: "019b8d2c-7f00-7a51-9c3e-5d2f1a6b4c80"
        case .dateTime, .dateOrDateTime: "2026-01-05T10:00:00.000Z"
        case .date: "2026-01-05"
        case .email: "ann@acme.com"
        case .hostname: "acme.com"
        default: String(repeating: "a", count: max(rules.minimumLength ?? 0, 1))
        }
    }
}
