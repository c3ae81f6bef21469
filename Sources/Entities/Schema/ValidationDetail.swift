package import JSONCoding
import Primitives

/// One violation of a schema, in the wording of ajv 8 (docs/contract/arc-api.md 2.4): an item of the `details` of a 422
/// or a 400.
package struct ValidationDetail: Sendable, Hashable, JSONWritable {
    /// JSON pointer (RFC 6901) to the offending value, empty for the root.
    package let path: String
    /// The keyword of JSON Schema that was violated, e.g. `required`.
    package let code: String
    /// English text, e.g. `must have required property 'name'`.
    package let message: String
    /// The keyword's parameters, e.g. `{"missingProperty": "name"}`.
    package let info: JSONObject

    /// Makes a detail; see the properties.
    package init(path: String, code: String, message: String, info: JSONObject = [:]) {
        self.path = path
        self.code = code
        self.message = message
        self.info = info
    }

    /// Writes `{"path": …, "code": …, "message": …, "info": {…}}`.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("path")
        writer.string(path)
        writer.key("code")
        writer.string(code)
        writer.key("message")
        writer.string(message)
        writer.key("info")
        writer.value(.object(info))
        writer.endObject()
    }
}

extension ValidationDetail {
    /// Bytes of a caller's property name that a detail repeats.
    private static let maximumNameLength = 256

    /// A value of the wrong type: `must be string`.
    package static func type(_ path: String, _ expected: String) -> ValidationDetail {
        ValidationDetail(
            path: path, code: "type", message: "must be \(expected)", info: ["type": .string(expected)])
    }

    /// A member that the closed object at `path` does not know.
    package static func additionalProperty(_ path: String, _ name: String) -> ValidationDetail {
        ValidationDetail(
            path: path, code: "additionalProperties", message: "must NOT have additional properties",
            info: ["additionalProperty": .string(name.shortened(toBytes: maximumNameLength))])
    }

    /// A member that the object at `path` must have.
    package static func required(_ path: String, _ name: String) -> ValidationDetail {
        ValidationDetail(
            path: path, code: "required", message: "must have required property '\(name)'",
            info: ["missingProperty": .string(name)])
    }

    /// A text that does not have the named format.
    package static func format(_ path: String, _ format: String) -> ValidationDetail {
        ValidationDetail(
            path: path, code: "format", message: "must match format \"\(format)\"",
            info: ["format": .string(format)])
    }

    /// A text that does not match the regular expression.
    package static func pattern(_ path: String, _ regex: String) -> ValidationDetail {
        ValidationDetail(
            path: path, code: "pattern", message: "must match pattern \"\(regex)\"",
            info: ["pattern": .string(regex)])
    }

    /// A number outside a bound; `comparison` is `>=`, `<=`, `>` or `<`.
    package static func bound(_ path: String, _ code: String, _ comparison: String, _ limit: Int) -> ValidationDetail {
        ValidationDetail(
            path: path, code: code, message: "must be \(comparison) \(limit)",
            info: ["comparison": .string(comparison), "limit": .integer(limit)])
    }

    /// A text or list with too many or too few elements; `code` is `maxLength`, `minLength`, `maxItems`, `minItems`
    /// or `minProperties`.
    package static func count(_ path: String, _ code: String, _ limit: Int) -> ValidationDetail {
        let relation = code.hasPrefix("max") ? "more" : "fewer"
        let unit = code.hasSuffix("Items") ? "items" : code.hasSuffix("Properties") ? "properties" : "characters"
        return ValidationDetail(
            path: path, code: code, message: "must NOT have \(relation) than \(limit) \(unit)",
            info: ["limit": .integer(limit)])
    }

    /// A value outside an enumeration.
    package static func enumeration(_ path: String, _ allowed: [JSONValue]) -> ValidationDetail {
        ValidationDetail(
            path: path, code: "enum", message: "must be equal to one of the allowed values",
            info: ["allowedValues": .array(allowed)])
    }
}
