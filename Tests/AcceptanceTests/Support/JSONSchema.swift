import Foundation
import JSONCoding
import Primitives

/// Judges values by JSON Schema, as far as our documents use it: a client's view, independent of the service's own
/// validation. A keyword that it does not know is a problem, so that nothing is passed over in silence.
struct JSONSchema: Sendable {
    /// `components.schemas` of the document.
    let components: JSONValue

    private static let annotations: Set<String> = [
        "title", "description", "examples", "example", "default", "deprecated", "readOnly", "writeOnly", "$comment",
        "externalDocs", "contentMediaType", "contentEncoding",
    ]

    /// What is wrong with a value: `<pointer>: <why>`.
    func problems(_ value: JSONValue, _ schema: JSONValue, at pointer: String = "") -> [String] {
        guard let keywords = schema.objectValue else {
            return schema == false ? ["\(pointer): nothing is allowed here"] : []
        }
        return keywords.flatMap { name, operand -> [String] in
            if Self.annotations.contains(name) || name.hasPrefix("x-") { return [] }
            return combined(name, operand, value, schema, at: pointer) ?? general(name, operand, value, at: pointer)
                ?? object(name, operand, value, schema, at: pointer) ?? text(name, operand, value, at: pointer)
                ?? number(name, operand, value, at: pointer) ?? array(name, operand, value, at: pointer)
                ?? ["\(pointer): the test does not know the keyword \(name)"]
        }
    }

    private func unless(_ holds: Bool, _ pointer: String, _ why: String) -> [String] {
        holds ? [] : ["\(pointer): \(why)"]
    }

    private func combined(
        _ name: String, _ operand: JSONValue, _ value: JSONValue, _ schema: JSONValue, at pointer: String
    ) -> [String]? {
        let schemas = operand.arrayValue ?? []
        func fitting() -> Int { schemas.count { problems(value, $0, at: pointer).isEmpty } }
        switch name {
        case "$ref":
            let component = operand.stringValue.flatMap { $0.split(separator: "/").last }.flatMap {
                components[String($0)]
            }
            guard let component else { return ["\(pointer): \(operand) leads nowhere"] }
            return problems(value, component, at: pointer)
        case "allOf": return schemas.flatMap { problems(value, $0, at: pointer) }
        case "anyOf":
            guard fitting() == 0 else { return [] }
            // The one that was meant says more than "none".
            let best = schemas.map { problems(value, $0, at: pointer) }.max { $0.count < $1.count } ?? []
            return ["\(pointer): none of anyOf"] + best.prefix(3)
        case "oneOf": return unless(fitting() == 1, pointer, "fits \(fitting()) of oneOf")
        case "if":
            let branch = problems(value, operand, at: pointer).isEmpty ? schema["then"] : schema["else"]
            return branch.map { problems(value, $0, at: pointer) } ?? []
        case "then", "else": return []
        case "not": return unless(!problems(value, operand, at: pointer).isEmpty, pointer, "must not fit")
        default: return nil
        }
    }

    private func general(_ name: String, _ operand: JSONValue, _ value: JSONValue, at pointer: String) -> [String]? {
        switch name {
        case "type":
            let types = operand.arrayValue ?? [operand]
            let fits = types.contains { $0.stringValue.map { Self.isOf($0, value) } ?? false }
            return unless(fits, pointer, "is no \(types.compactMap(\.stringValue).joined(separator: " or "))")
        case "enum":
            return unless(operand.arrayValue?.contains { Self.isSame($0, value) } == true, pointer, "is not in enum")
        case "const": return unless(Self.isSame(operand, value), pointer, "is not \(operand)")
        default: return nil
        }
    }

    private static func isOf(_ type: String, _ value: JSONValue) -> Bool {
        switch (type, value) {
        case ("null", .null), ("boolean", .bool), ("string", .string), ("number", .number), ("array", .array),
            ("object", .object):
            true
        case ("integer", .number(let number)): number.int64 != nil || !number.literal.contains { ".eE".contains($0) }
        default: false
        }
    }

    private static func isSame(_ left: JSONValue, _ right: JSONValue) -> Bool {
        if let left = left.doubleValue, let right = right.doubleValue { return left == right }
        return left == right
    }

    private func object(
        _ name: String, _ operand: JSONValue, _ value: JSONValue, _ schema: JSONValue, at pointer: String
    ) -> [String]? {
        guard
            [
                "properties", "required", "additionalProperties", "minProperties", "maxProperties", "propertyNames",
                "patternProperties",
            ].contains(name)
        else {
            return nil
        }
        guard let object = value.objectValue else { return [] }
        switch name {
        case "properties":
            return (operand.objectValue ?? [:]).flatMap { key, property -> [String] in
                object[key].map { problems($0, property, at: "\(pointer)/\(key)") } ?? []
            }
        case "required":
            return (operand.arrayValue ?? []).compactMap(\.stringValue).filter { object[$0] == nil }
                .map { "\(pointer): has no \($0)" }
        case "additionalProperties":
            return object.keys.filter { schema["properties"]?[$0] == nil }.flatMap { key in
                operand == false
                    ? ["\(pointer): has \(key), which is not documented"]
                    : problems(object[key] ?? .null, operand, at: "\(pointer)/\(key)")
            }
        case "propertyNames": return object.keys.flatMap { problems(.string($0), operand, at: "\(pointer)/\($0)") }
        case "patternProperties":
            return (operand.objectValue ?? [:]).flatMap { pattern, property in
                object.filter { pattern.isEmpty || $0.key.range(of: pattern, options: .regularExpression) != nil }
                    .flatMap { problems($0.value, property, at: "\(pointer)/\($0.key)") }
            }
        case "minProperties": return unless(object.count >= operand.intValue ?? 0, pointer, "has too few members")
        default: return unless(object.count <= operand.intValue ?? .max, pointer, "has too many members")
        }
    }

    private func array(_ name: String, _ operand: JSONValue, _ value: JSONValue, at pointer: String) -> [String]? {
        guard ["items", "minItems", "maxItems", "uniqueItems"].contains(name) else { return nil }
        guard let elements = value.arrayValue else { return [] }
        switch name {
        case "items":
            return elements.enumerated().flatMap { problems($1, operand, at: "\(pointer)/\($0)") }
        case "minItems": return unless(elements.count >= operand.intValue ?? 0, pointer, "has too few elements")
        case "maxItems": return unless(elements.count <= operand.intValue ?? .max, pointer, "has too many elements")
        default:
            return unless(operand != true || Set(elements).count == elements.count, pointer, "has an element twice")
        }
    }

    private func number(_ name: String, _ operand: JSONValue, _ value: JSONValue, at pointer: String) -> [String]? {
        guard ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"].contains(name) else {
            return nil
        }
        guard let number = value.doubleValue, let bound = operand.doubleValue else { return [] }
        let fits =
            switch name {
            case "minimum": number >= bound
            case "maximum": number <= bound
            case "exclusiveMinimum": number > bound
            case "exclusiveMaximum": number < bound
            default: (number / bound).rounded() == number / bound
            }
        return unless(fits, pointer, "\(number) is against \(name) \(bound)")
    }

    private func text(_ name: String, _ operand: JSONValue, _ value: JSONValue, at pointer: String) -> [String]? {
        guard ["minLength", "maxLength", "pattern", "format"].contains(name) else { return nil }
        guard let text = value.stringValue else { return [] }
        switch name {
        // Characters of JSON Schema are code points.
        case "minLength": return unless(text.unicodeScalars.count >= operand.intValue ?? 0, pointer, "is too short")
        case "maxLength": return unless(text.unicodeScalars.count <= operand.intValue ?? .max, pointer, "is too long")
        case "pattern":
            let fits = operand.stringValue.map { text.range(of: $0, options: .regularExpression) != nil } ?? false
            return unless(fits, pointer, "does not match \(operand)")
        default: return unless(Self.isOf(format: operand.stringValue ?? "", text), pointer, "\(text) is no \(operand)")
        }
    }

    private static func isOf(format: String, _ text: String) -> Bool {
        switch format {
        case "uuid": Identifier(text) != nil
        case "date-time": text.count > 10 && Timestamp(iso8601: text) != nil
        case "date": text.count == 10 && Timestamp(iso8601: "\(text)T00:00:00.000Z") != nil
        case "email": text.split(separator: "@", omittingEmptySubsequences: false).count == 2
        case "uri": URL(string: text)?.scheme != nil
        default: true
        }
    }
}
