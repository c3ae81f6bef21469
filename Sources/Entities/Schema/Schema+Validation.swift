package import JSONCoding
import Primitives

extension Schema {
    /// The most violations that one value reports; a longer list helps nobody and would let a small request ask
    /// for a large answer.
    private static let maximumDetails = 200

    /// How large a free value may be when PostgreSQL spells out its numbers, in bytes.
    private static let maximumFreeSize = 1_048_576

    /// Checks a value.
    /// - Returns: every violation in the order and wording of ajv 8 (docs/contract/arc-api.md 2.4), at most 200; empty
    ///   when the value is fine. Texts with U+0000 are violations everywhere: PostgreSQL cannot hold them.
    package func validate(_ value: JSONValue) -> [ValidationDetail] {
        var details: [ValidationDetail] = []
        check(value, at: "", into: &details)
        return details.count <= Self.maximumDetails ? details : Array(details[..<Self.maximumDetails])
    }

    private func check(_ value: JSONValue, at path: String, into details: inout [ValidationDetail]) {
        guard details.count <= Self.maximumDetails else { return }
        if isNullable, case .null = value { return }
        switch (kind, value) {
        case (.string(let rules), .string(let text)): rules.check(text, at: path, into: &details)
        case (.number(let rules), .number(let number)): rules.check(number, at: path, into: &details)
        case (.boolean, .bool): break
        case (.array(let rules), .array(let items)):
            if let limit = rules.maximumCount, items.count > limit {
                details.append(.count(path, "maxItems", limit))
            }
            if let limit = rules.minimumCount, items.count < limit {
                details.append(.count(path, "minItems", limit))
            }
            if rules.hasUniqueItems, let (later, earlier) = Self.duplicate(in: items) {
                details.append(.duplicate(path, later, earlier))
            }
            for (position, item) in items.enumerated() {
                guard details.count <= Self.maximumDetails else { return }
                rules.items.check(item, at: "\(path)/\(position)", into: &details)
            }
        case (.object(let rules), .object(let object)):
            check(object, rules, at: path, into: &details)
        case (.anyOf(let alternatives), _):
            if !alternatives.contains(where: { $0.validate(value).isEmpty }) {
                alternatives.last?.check(value, at: path, into: &details)
            }
        case (.any, _), (.reference, _):
            Self.checkSize(value, at: path, into: &details)
            Self.checkFree(value, at: path, into: &details)
        default: details.append(.type(path, typeName))
        }
        if !allowedValues.isEmpty, !allowedValues.contains(where: { Self.areEqual($0, value) }) {
            details.append(.enumeration(path, allowedValues))
        }
    }

    private func check(
        _ object: JSONObject, _ rules: ObjectRules, at path: String, into details: inout [ValidationDetail]
    ) {
        for property in rules.properties where property.isRequired && object[property.name] == nil {
            details.append(.required(path, property.name))
        }
        if rules.isClosed {
            for (name, _) in object where rules.index[ExactText(name)] == nil {
                guard details.count <= Self.maximumDetails else { return }
                details.append(.additionalProperty(path, name))
            }
        }
        if !rules.isClosed { Self.checkSize(.object(object), at: path, into: &details) }
        for (name, value) in object {
            guard details.count <= Self.maximumDetails else { return }
            if let position = rules.index[ExactText(name)] {
                rules.properties[position].schema.check(
                    value, at: "\(path)/\(JSONPointer.escape(name))", into: &details)
            } else if !rules.isClosed {
                Self.checkFree(name, value, at: path, into: &details)
            }
        }
    }

    /// The word for the expected type in messages and documents.
    var typeName: String {
        switch kind {
        case .string: "string"
        case .number(let rules): rules.isInteger ? "integer" : "number"
        case .boolean: "boolean"
        case .array: "array"
        case .object: "object"
        case .any, .anyOf, .reference: "any"
        }
    }

    /// Free values only have to be storable.
    private static func checkFree(_ value: JSONValue, at path: String, into details: inout [ValidationDetail]) {
        guard details.count <= maximumDetails else { return }
        switch value {
        case .string(let text):
            if text.containsNUL { details.append(.nul(path)) }
        case .array(let items):
            for (position, item) in items.enumerated() {
                guard details.count <= maximumDetails else { return }
                checkFree(item, at: "\(path)/\(position)", into: &details)
            }
        case .object(let object):
            for (name, member) in object {
                guard details.count <= maximumDetails else { return }
                checkFree(name, member, at: path, into: &details)
            }
        case .number(let number):
            if !number.isStorable { details.append(.type(path, "number")) }
        case .null, .bool: break
        }
    }

    /// A short number such as `1e-300` takes hundreds of characters in a `jsonb`.
    private static func checkSize(_ value: JSONValue, at path: String, into details: inout [ValidationDetail]) {
        if value.plainSize > maximumFreeSize { details.append(.count(path, "maxLength", maximumFreeSize)) }
    }

    private static func checkFree(
        _ name: String, _ value: JSONValue, at path: String, into details: inout [ValidationDetail]
    ) {
        if name.containsNUL { details.append(.nul(path)) }
        checkFree(value, at: "\(path)/\(JSONPointer.escape(name))", into: &details)
    }

    /// The first element that equals an earlier one, with the earlier one's position.
    private static func duplicate(in items: [JSONValue]) -> (later: Int, earlier: Int)? {
        var seen: [JSONValue: Int] = [:]
        for (position, item) in items.enumerated() {
            if let earlier = seen.updateValue(position, forKey: item) { return (position, earlier) }
        }
        return nil
    }

    /// Equality of JSON Schema: numbers by value (`1.0` is `1`), the rest literally.
    private static func areEqual(_ one: JSONValue, _ other: JSONValue) -> Bool {
        if case .number(let left) = one, case .number(let right) = other {
            return left.hasValue(of: right)
        }
        return one == other
    }
}

extension Schema.StringRules {
    func check(_ text: String, at path: String, into details: inout [ValidationDetail]) {
        // The number of bytes bounds the number of code points: most texts need no counting.
        let bytes = text.utf8.count
        if let limit = maximumLength, bytes > limit, text.unicodeScalars.count > limit {
            details.append(.count(path, "maxLength", limit))
        }
        if let limit = minimumLength, bytes < limit || text.unicodeScalars.count < limit {
            details.append(.count(path, "minLength", limit))
        }
        if text.containsNUL { details.append(.nul(path)) }
        if let pattern, !pattern.matches(text) { details.append(.pattern(path, pattern.regex)) }
        if let format, !format.accepts(text) { details.append(.format(path, format.name)) }
    }
}

extension Schema.NumberRules {
    func check(_ number: JSONNumber, at path: String, into details: inout [ValidationDetail]) {
        guard number.isStorable, !isInteger || number.isInteger else {
            details.append(.type(path, isInteger ? "integer" : "number"))
            return
        }
        let value = number.double
        if let limit = maximum ?? width?.maximum, value > Double(limit) {
            details.append(.bound(path, "maximum", "<=", limit))
        }
        if let limit = minimum ?? width?.minimum, value < Double(limit) {
            details.append(.bound(path, "minimum", ">=", limit))
        }
        if let limit = exclusiveMinimum, value <= Double(limit) {
            details.append(.bound(path, "exclusiveMinimum", ">", limit))
        }
    }
}

extension ValidationDetail {
    static func duplicate(_ path: String, _ later: Int, _ earlier: Int) -> ValidationDetail {
        ValidationDetail(
            path: path, code: "uniqueItems",
            message: "must NOT have duplicate items (items ## \(later) and \(earlier) are identical)",
            info: ["i": .integer(later), "j": .integer(earlier)])
    }

    /// A text with U+0000, which PostgreSQL cannot store.
    package static func nul(_ path: String) -> ValidationDetail { .pattern(path, Schema.StringRules.storable) }
}

extension String {
    var containsNUL: Bool { utf8.contains(0) }
}

extension JSONNumber {
    private static let maximumLength = 400

    /// A double holds the magnitude, and no more than 400 characters the value: keeps `1e-16000` away from PostgreSQL,
    /// which would spell out its digits.
    var isStorable: Bool {
        literal.utf8.count <= Self.maximumLength && plainLength <= Self.maximumLength && double.isFinite
    }
}

extension JSONValue {
    /// The number of bytes of its text with all numbers spelled out; escapes do not count.
    fileprivate var plainSize: Int {
        switch self {
        case .null, .bool: 5
        case .number(let number): max(number.literal.utf8.count, number.plainLength)
        case .string(let text): text.utf8.count + 2
        case .array(let items): items.reduce(2) { $0 + $1.plainSize + 1 }
        case .object(let object): object.reduce(2) { $0 + $1.key.utf8.count + 4 + $1.value.plainSize }
        }
    }
}
