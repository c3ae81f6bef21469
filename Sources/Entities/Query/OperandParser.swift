import JSONCoding
import PostgresClient
import Primitives

/// Reads the operand of one operator on one field, as a value of the field's type.
struct OperandParser {
    static let operators: Set<ExactText> = [
        "eq", "neq", "gt", "gte", "lt", "lte", "between", "inq", "nin", "like", "nlike", "ilike", "nilike", "regexp",
        "exists",
    ]

    let field: FieldDefinition
    let limits: QueryLimits
    var problems = QueryProblems()

    init(field: FieldDefinition, limits: QueryLimits) {
        self.field = field
        self.limits = limits
    }

    /// A free-form property compared with an object that names no operator.
    func takesLiterally(_ object: JSONObject) -> Bool {
        field.type == .json && !object.isEmpty
            && !object.contains { Self.operators.contains(ExactText($0.key)) || $0.key.hasPrefix("$") }
    }

    mutating func predicate(_ name: String, _ operand: JSONValue, at path: String) -> Predicate? {
        switch name {
        case "eq": equality(operand, isNegated: false, at: path)
        case "neq": equality(operand, isNegated: true, at: path)
        case "gt": comparison(.greater, operand, at: path)
        case "gte": comparison(.greaterOrEqual, operand, at: path)
        case "lt": comparison(.less, operand, at: path)
        case "lte": comparison(.lessOrEqual, operand, at: path)
        case "between": between(operand, at: path)
        case "inq": list(operand, at: path).map { .oneOf($0) }
        case "nin": list(operand, at: path).map { .noneOf($0) }
        case "like": like(operand, isCaseSensitive: true, isNegated: false, at: path)
        case "nlike": like(operand, isCaseSensitive: true, isNegated: true, at: path)
        case "ilike": like(operand, isCaseSensitive: false, isNegated: false, at: path)
        case "nilike": like(operand, isCaseSensitive: false, isNegated: true, at: path)
        case "regexp": regularExpression(operand, at: path)
        default: existence(operand, at: path)
        }
    }

    private mutating func equality(_ operand: JSONValue, isNegated: Bool, at path: String) -> Predicate? {
        if operand.isNull { return .isNull(!isNegated) }
        // A list property equals a list and contains a text.
        if field.type == .strings, case .string(let text) = operand {
            return storable(text, at: path).map { .contains($0, isNegated: isNegated) }
        }
        guard let value = value(operand, at: path) else { return nil }
        if let shown = ShownInstant(value) {
            return isNegated ? .outside(shown.first, shown.last) : .between(shown.first, shown.last)
        }
        return .compare(isNegated ? .notEqual : .equal, value)
    }

    private mutating func comparison(_ comparison: Comparison, _ operand: JSONValue, at path: String) -> Predicate? {
        guard let value = value(operand, at: path) else { return nil }
        guard let shown = ShownInstant(value) else { return .compare(comparison, value) }
        let isAfterwards = comparison == .greater || comparison == .lessOrEqual
        return .compare(comparison, isAfterwards ? shown.last : shown.first)
    }

    private mutating func between(_ operand: JSONValue, at path: String) -> Predicate? {
        guard case .array(let items) = operand else {
            problems.add(.type(path, "array"))
            return nil
        }
        guard items.count == 2 else {
            problems.add(.count(path, items.count < 2 ? "minItems" : "maxItems", 2))
            return nil
        }
        guard let low = value(items[0], at: "\(path)/0"), let high = value(items[1], at: "\(path)/1") else {
            return nil
        }
        return .between(ShownInstant(low)?.first ?? low, ShownInstant(high)?.last ?? high)
    }

    private mutating func list(_ operand: JSONValue, at path: String) -> [PostgresValue]? {
        guard case .array(let items) = operand else {
            problems.add(.type(path, "array"))
            return nil
        }
        guard items.count <= limits.maximumListValues else {
            problems.add(.count(path, "maxItems", limits.maximumListValues))
            return nil
        }
        var values: [PostgresValue] = []
        for (position, item) in items.enumerated() {
            if item.isNull {
                values.append(.null)
            } else if let value = element(item, at: "\(path)/\(position)") {
                values.append(value)
            }
        }
        return values
    }

    /// A value of `inq` or `nin`: for a list property a text that it may hold.
    private mutating func element(_ item: JSONValue, at path: String) -> PostgresValue? {
        guard field.type == .strings else {
            let value = value(item, at: path)
            return value.flatMap(ShownInstant.init)?.first ?? value
        }
        guard case .string(let text) = item else {
            problems.add(.type(path, "string"))
            return nil
        }
        return storable(text, at: path).map { .text($0) }
    }

    private mutating func pattern(_ operand: JSONValue, at path: String) -> String? {
        guard case .string(let text) = operand else {
            problems.add(.type(path, "string"))
            return nil
        }
        guard text.unicodeScalars.count <= QueryLimits.maximumPatternLength else {
            problems.add(.count(path, "maxLength", QueryLimits.maximumPatternLength))
            return nil
        }
        return storable(text, at: path)
    }

    private mutating func like(
        _ operand: JSONValue, isCaseSensitive: Bool, isNegated: Bool, at path: String
    ) -> Predicate? {
        guard let pattern = pattern(operand, at: path) else { return nil }
        // An escape with nothing to escape (SQLSTATE 22025).
        guard pattern.utf8.reversed().prefix(while: { $0 == UInt8(ascii: "\\") }).count.isMultiple(of: 2) else {
            problems.add(.pattern(path, "([^\\\\]|\\\\.)*"))
            return nil
        }
        return .like(pattern, isCaseSensitive: isCaseSensitive, isNegated: isNegated)
    }

    /// `pattern` or `/pattern/flags`; of the flags `i` has a meaning, `g` and `m` are accepted as upstream does.
    private mutating func regularExpression(_ operand: JSONValue, at path: String) -> Predicate? {
        guard let text = pattern(operand, at: path) else { return nil }
        // By bytes: what follows a slash may combine with it into another character.
        let bytes = text.utf8
        guard bytes.first == UInt8(ascii: "/"), let end = bytes.lastIndex(of: UInt8(ascii: "/")),
            end > bytes.startIndex
        else { return match(text, isCaseSensitive: true, at: path) }
        let flags = bytes[bytes.index(after: end)...]
        guard flags.allSatisfy("igm".utf8.contains) else {
            problems.add(.pattern(path, "^/.*/[igm]*$"))
            return nil
        }
        let expression = String(decoding: bytes[bytes.index(after: bytes.startIndex)..<end], as: UTF8.self)
        return match(expression, isCaseSensitive: !flags.contains(UInt8(ascii: "i")), at: path)
    }

    private mutating func match(_ expression: String, isCaseSensitive: Bool, at path: String) -> Predicate? {
        if let problem = PatternCost.problem(of: expression) {
            problems.add(ValidationDetail(path: path, code: "pattern", message: problem.rawValue))
            return nil
        }
        return .matches(expression, isCaseSensitive: isCaseSensitive)
    }

    private mutating func existence(_ operand: JSONValue, at path: String) -> Predicate? {
        switch operand {
        case .bool(let exists): return .isNull(!exists)
        case .string("true"): return .isNull(false)
        case .string("false"): return .isNull(true)
        default:
            problems.add(.type(path, "boolean"))
            return nil
        }
    }

    private mutating func storable(_ text: String, at path: String) -> String? {
        guard !text.containsNUL else {
            problems.add(.nul(path))
            return nil
        }
        return text
    }

    /// The value in the field's type. Texts are taken for numbers and booleans, and numbers for texts, where nothing
    /// is lost: the bracket form has texts only, and upstream coerces too.
    mutating func value(_ operand: JSONValue, at path: String) -> PostgresValue? {
        let value: PostgresValue? =
            switch (field.type, operand) {
            case (.string, .string(let text)): storable(text, at: path).map { .text($0) }
            case (.string, .number(let number)): .text(number.literal)
            case (.identifier, .string(let text)): Identifier(text).map { .identifier($0) }
            case (.integer, .number(let number)): number.int64.map { .int64($0) }
            case (.integer, .string(let text)): Int64(text).map { .int64($0) }
            case (.number, .number(let number)): number.isStorable ? .numeric(number.literal) : nil
            case (.number, .string(let text)):
                JSONNumber(literal: text).flatMap { $0.isStorable ? .numeric($0.literal) : nil }
            case (.boolean, .bool(let flag)): .bool(flag)
            case (.boolean, .string("true")): .bool(true)
            case (.boolean, .string("false")): .bool(false)
            case (.timestamp, .string(let text)): StringFormat.moment(text).map { .timestamp($0) }
            case (.json, _): document(operand, at: path)
            case (.strings, .array(let items)): Self.texts(items).map { .textArray($0) }
            default: nil
            }
        if value == nil, problems.details.last?.path != path { problems.add(mismatch(operand, at: path)) }
        return value
    }

    private mutating func document(_ operand: JSONValue, at path: String) -> PostgresValue? {
        if field.hasSecretMembers, let secret = operand.pathOfSecret {
            problems.addSecret(at: path + secret.map { "/" + JSONPointer.escape($0) }.joined())
        }
        return Schema.any.validate(operand).isEmpty ? .json(operand.serialized()) : nil
    }

    private func mismatch(_ operand: JSONValue, at path: String) -> ValidationDetail {
        switch (field.type, operand) {
        case (.identifier, .string): .format(path, StringFormat.uuid.name)
        case (.timestamp, .string): .format(path, StringFormat.dateTime.name)
        default: .type(path, field.schema.typeName)
        }
    }

    private static func texts(_ items: [JSONValue]) -> [String]? {
        var texts: [String] = []
        for item in items {
            guard case .string(let text) = item, !text.containsNUL else { return nil }
            texts.append(text)
        }
        return texts
    }
}

/// The instants that are all shown as one: JSON has milliseconds, columns have microseconds. A condition on what is shown
/// is one on all of them, so that a value that was read finds its row, and polling with `gt` does not return it again.
/// Further digits of an operand are dropped, as those of a body are.
private struct ShownInstant {
    let first: PostgresValue
    let last: PostgresValue

    /// Nil for values that are no instants.
    init?(_ value: PostgresValue) {
        guard case .timestamp(let instant) = value else { return nil }
        let shown = instant.truncatedToMilliseconds
        first = .timestamp(shown)
        last = .timestamp(shown.adding(.microseconds(999)))
    }
}
