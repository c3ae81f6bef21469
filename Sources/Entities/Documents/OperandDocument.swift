import JSONCoding
import Primitives

/// What a condition on a field of a type may be, in JSON Schema, as `OperandParser` reads it.
///
/// The schema has `if`, `then` and `else` instead of a `type`: validators check it exactly, and generators of clients see a
/// property that takes any value, which is what people want to write (`"Acme"`, `{"like": "A%"}`).
struct OperandDocument {
    let type: FieldType

    /// The keywords of the property in a condition.
    var keywords: JSONObject {
        // An object that names no operator is the value of a free-form property.
        if type == .json {
            return [
                "if": ["type": "object"], "then": ["minProperties": 1], "pattern": .string(Schema.StringRules.storable),
            ]
        }
        return [
            "if": ["type": "object"], "then": ["$ref": .string("#/components/schemas/\(name)")],
            "else": .object(orNull(value)),
        ]
    }

    /// The component that documents the operators on fields of the type.
    var name: String {
        switch type {
        case .string: "TextOperators"
        case .identifier: "IdentifierOperators"
        case .integer: "IntegerOperators"
        case .number: "NumberOperators"
        case .boolean: "BooleanOperators"
        case .timestamp: "InstantOperators"
        case .json: "ObjectOperators"
        case .strings: "ListOperators"
        }
    }

    /// The component that conditions on fields of the type refer to.
    var component: Schema {
        Schema.any.documented(operators).named(name)
            .described("Operators of conditions; all that are given must hold.")
    }

    /// By patterns of names and not by `properties`, which generators of clients would make models of.
    private var operators: JSONObject {
        let list: JSONValue = [
            "type": "array", "items": .object(orNull(element)), "maxItems": .integer(QueryLimits().maximumListValues),
        ]
        let members: JSONObject = [
            "^(eq|neq)$": .object(orNull(value)), "^(gt|gte|lt|lte)$": .object(comparable),
            "^between$": ["type": "array", "items": .object(comparable), "minItems": 2, "maxItems": 2],
            "^(inq|nin)$": list, "^(like|nlike|ilike|nilike)$": Self.pattern("^([^\\\\\\u0000]|\\\\[^\\u0000])*$"),
            "^regexp$": Self.pattern(Schema.StringRules.storable),
            "^exists$": ["enum": [true, false, "true", "false"]],
        ]
        let names = OperandParser.operators.map(\.text).sorted()
        return [
            "type": "object", "minProperties": 1, "propertyNames": ["enum": .array(names.map { .string($0) })],
            "patternProperties": .object(members),
        ]
    }

    private static func pattern(_ regex: String) -> JSONValue {
        ["type": "string", "maxLength": .integer(QueryLimits.maximumPatternLength), "pattern": .string(regex)]
    }

    /// The value in the field's type. Texts are taken for numbers and booleans, and numbers for texts.
    private var value: JSONObject {
        let text: JSONValue = ["type": "string", "pattern": .string(Schema.StringRules.storable)]
        return switch type {
        case .string: ["anyOf": [text, ["type": "number"]]]
        case .identifier: ["type": "string", "format": "uuid"]
        case .integer:
            [
                "anyOf": [
                    ["type": "integer", "minimum": -9_007_199_254_740_991, "maximum": 9_007_199_254_740_991],
                    ["type": "string", "pattern": "^-?[0-9]{1,18}$"],
                ]
            ]
        case .number:
            [
                "anyOf": [
                    ["type": "number"],
                    ["type": "string", "pattern": "^-?(0|[1-9][0-9]{0,99})(\\.[0-9]{1,99})?$"],
                ]
            ]
        case .boolean: ["enum": [true, false, "true", "false"]]
        case .timestamp:
            ["anyOf": [["type": "string", "format": "date"], ["type": "string", "format": "date-time"]]]
        case .json: [:]
        case .strings: ["anyOf": [text, ["type": "array", "items": text]]]
        }
    }

    /// A value that is less or more: a list property equals a list or holds a text, but compares with lists only.
    private var comparable: JSONObject {
        guard type == .strings else { return value }
        return ["type": "array", "items": ["type": "string", "pattern": .string(Schema.StringRules.storable)]]
    }

    /// A value of `inq` or `nin`.
    private var element: JSONObject {
        type == .strings ? ["type": "string", "pattern": .string(Schema.StringRules.storable)] : value
    }

    private func orNull(_ value: JSONObject) -> JSONObject { ["anyOf": [.object(value), ["type": "null"]]] }
}
