package import JSONCoding

extension Schema {
    /// A text; lengths are in Unicode code points, as JSON Schema and PostgreSQL both count.
    package static func string(
        minLength: Int? = nil, maxLength: Int? = nil, pattern: Pattern? = nil, format: StringFormat? = nil,
        oneOf: [String] = []
    ) -> Schema {
        let rules = StringRules(minimumLength: minLength, maximumLength: maxLength, pattern: pattern, format: format)
        return Schema(.string(rules), allowedValues: oneOf.map { .string($0) })
    }

    /// A whole number.
    package static func integer(minimum: Int? = nil, maximum: Int? = nil, oneOf: [Int] = []) -> Schema {
        let rules = NumberRules(isInteger: true, minimum: minimum, maximum: maximum)
        return Schema(.number(rules), allowedValues: oneOf.map { .integer($0) })
    }

    /// A whole number that fits a column of the given width; the width's own bounds are checked and reported like
    /// stated ones, but only stated ones are documented.
    static func integer(width: IntegerWidth, minimum: Int?, maximum: Int?, oneOf: [Int]) -> Schema {
        let rules = NumberRules(isInteger: true, minimum: minimum, maximum: maximum, width: width)
        return Schema(.number(rules), allowedValues: oneOf.map { .integer($0) })
    }

    /// A number.
    package static func number(
        minimum: Int? = nil, maximum: Int? = nil, exclusiveMinimum: Int? = nil, oneOf: [Int] = []
    ) -> Schema {
        let rules = NumberRules(
            isInteger: false, minimum: minimum, maximum: maximum, exclusiveMinimum: exclusiveMinimum)
        return Schema(.number(rules), allowedValues: oneOf.map { .integer($0) })
    }

    /// `true` or `false`.
    package static let boolean = Schema(.boolean)

    /// A list whose elements all match `items`.
    package static func array(
        of items: Schema, uniqueItems: Bool = false, minItems: Int? = nil, maxItems: Int? = nil
    ) -> Schema {
        Schema(
            .array(
                ArrayRules(
                    items: items, hasUniqueItems: uniqueItems, minimumCount: minItems, maximumCount: maxItems)))
    }

    /// An object with the given members; a closed one accepts no others. With a name it becomes a component.
    package static func object(_ properties: [Property], name: String? = nil, isClosed: Bool = true) -> Schema {
        Schema(.object(ObjectRules(properties, isClosed: isClosed)), name: name)
    }

    /// An object with any members.
    package static let freeObject = object([], isClosed: false)

    /// Any value.
    package static let any = Schema(.any)

    /// The value itself and nothing else.
    package static func constant(_ value: JSONValue) -> Schema { Schema(.any, allowedValues: [value]) }

    /// A value that matches one of the alternatives.
    package static func anyOf(_ alternatives: Schema...) -> Schema { Schema(.anyOf(alternatives)) }

    /// A component by name, for documents of recursive shapes. Validates nothing.
    package static func reference(_ name: String) -> Schema { Schema(.reference(name)) }
}

/// Variants of an object's schema, for requests that differ from it.
extension Schema {
    private func changingProperties(_ change: ([Property]) -> [Property]) -> Schema {
        guard case .object(let rules) = kind else { return self }
        var copy = self
        copy.kind = .object(ObjectRules(change(rules.properties), isClosed: rules.isClosed))
        return copy
    }

    /// The members of an object schema; empty for other schemas.
    package var properties: [Property] {
        guard case .object(let rules) = kind else { return [] }
        return rules.properties
    }

    /// The object schema without the named members.
    package func omitting(_ names: String...) -> Schema { omitting(names) }

    func omitting(_ names: [String]) -> Schema {
        changingProperties { $0.filter { !names.contains($0.name) } }
    }

    /// The object schema with further members; one of the same name is replaced in its place.
    package func adding(_ additions: Property...) -> Schema {
        changingProperties { properties in
            var result = properties
            for addition in additions {
                if let position = result.firstIndex(where: { $0.name == addition.name }) {
                    result[position] = addition
                } else {
                    result.append(addition)
                }
            }
            return result
        }
    }

    /// The object schema with the named members required, and no longer null.
    package func requiring(_ names: String...) -> Schema { requiring(names) }

    func requiring(_ names: [String]) -> Schema {
        changingProperties {
            $0.map {
                guard names.contains($0.name) else { return $0 }
                return Property($0.name, $0.isRequired ? $0.schema : $0.schema.component(), required: true)
            }
        }
    }

    /// The object schema with nothing required.
    package func optional() -> Schema {
        changingProperties { $0.map { Property($0.name, $0.schema) } }
    }
}
