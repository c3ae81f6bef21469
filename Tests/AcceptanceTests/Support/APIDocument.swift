import JSONCoding
import PostgresTestSupport
import Primitives
import StackTestSupport

/// A service's OpenAPI document, as a client reads it: what tests are generated from.
struct APIDocument: Sendable {
    /// One operation.
    struct Operation: Sendable {
        let method: String
        /// Template, such as `/tenants/{id}`.
        let path: String
        /// Name of the security scheme; nil when everybody may call it.
        let security: String?
        /// Permission codes, from the table in the description.
        let permissions: [String]
        /// Schema of the body.
        let body: JSONValue?
        /// Names of the query parameters.
        let query: [String]
        /// The required query parameters except `where`, each with a valid value; empty if there are none.
        let requiredQuery: String
        /// Names of the header parameters.
        let headers: [String]
        /// Documented statuses.
        let statuses: Set<Int>
        /// The documented responses by status.
        let responses: JSONValue

        /// Schema of the JSON that comes with success; nil for an operation that answers without JSON.
        var success: JSONValue? {
            responses.objectValue?.first { $0.key.hasPrefix("2") }?.value["content"]?["application/json"]?["schema"]
        }

        var hasID: Bool { path.contains("{") }
        var name: String { "\(method) \(path)" }

        /// The path with a value in place of each parameter, and a domain of that name in place of a domain.
        func path(with value: String) -> String {
            path.split(separator: "/", omittingEmptySubsequences: false).map { segment in
                if segment == "{domain}" { return APIDocument.domain(of: value) }
                return segment.hasPrefix("{") ? value : String(segment)
            }.joined(separator: "/")
        }

        /// The path with a value in place of each parameter, and the required query parameters.
        func address(with value: String) -> String {
            requiredQuery.isEmpty ? path(with: value) : "\(path(with: value))?\(requiredQuery)"
        }
    }

    let operations: [Operation]
    /// Schemas by name.
    let schemas: JSONValue

    /// The domain that stands for a row in paths.
    static func domain(of value: String) -> String { "\(value).example.com" }

    /// Reads `/openapi.json`.
    static func read(_ client: TestHTTPClient) async throws -> APIDocument {
        let document = try await client.get("/openapi.json").expect(200).json
        let schemas = document["components"]?["schemas"] ?? .null
        let samples = APIDocument(operations: [], schemas: schemas)
        var operations: [Operation] = []
        for (path, methods) in document["paths"]?.objectValue ?? [:] {
            for (method, value) in methods.objectValue ?? [:] {
                let codes = (value["description"]?.stringValue ?? "").split(separator: "\n").dropFirst(2)
                func parameters(_ location: JSONValue) -> [String] {
                    (value["parameters"]?.arrayValue ?? []).filter { $0["in"] == location }
                        .compactMap { $0["name"]?.stringValue }
                }
                let required = (value["parameters"]?.arrayValue ?? []).filter {
                    $0["in"] == "query" && $0["required"] == true && $0["name"] != "where"
                }.map { parameter in
                    let schema = parameter["schema"] ?? .null
                    let value = schema["examples"]?[0] ?? samples.sample(schema)
                    return "\(parameter["name"]?.stringValue ?? "")=\(value.stringValue ?? "1")"
                }
                operations.append(
                    Operation(
                        method: method.uppercased(), path: path,
                        security: value["security"]?[0]?.objectValue?.keys.first,
                        permissions: codes.map { $0.filter { $0 != "|" && $0 != " " } },
                        body: value["requestBody"]?["content"]?["application/json"]?["schema"],
                        query: parameters("query"), requiredQuery: required.joined(separator: "&"),
                        headers: parameters("header"),
                        statuses: Set((value["responses"]?.objectValue?.keys ?? []).compactMap { Int($0) }),
                        responses: Self.resolved(value["responses"], in: document)))
            }
        }
        guard !operations.isEmpty else { throw TestFailure("no operations in /openapi.json") }
        return APIDocument(operations: operations, schemas: schemas)
    }

    /// Responses with those that are shared in place of the references to them.
    private static func resolved(_ responses: JSONValue?, in document: JSONValue) -> JSONValue {
        var resolved: JSONObject = [:]
        for (status, response) in responses?.objectValue ?? [:] {
            let name = response["$ref"]?.stringValue?.split(separator: "/").last.map(String.init)
            resolved[status] = name.flatMap { document["components"]?["responses"]?[$0] } ?? response
        }
        return .object(resolved)
    }

    /// A schema with references resolved and `null` alternatives removed.
    func resolve(_ schema: JSONValue) -> JSONValue {
        if let reference = schema["$ref"]?.stringValue, let name = reference.split(separator: "/").last {
            return resolve(schemas[String(name)] ?? .null)
        }
        if let first = schema["anyOf"]?.arrayValue?.first(where: { $0["type"] != "null" }) { return resolve(first) }
        return schema
    }

    /// The type, without `null`; nil when anything goes.
    func type(_ schema: JSONValue) -> String? {
        switch schema["type"] {
        case .string(let name): name
        case .array(let names): names.compactMap(\.stringValue).first { $0 != "null" }
        default: nil
        }
    }

    /// A value that satisfies a schema: all properties of objects, one element in arrays.
    func sample(_ unresolved: JSONValue) -> JSONValue {
        let schema = resolve(unresolved)
        if let value = schema["enum"]?.arrayValue?.first(where: { !$0.isNull }) { return value }
        switch type(schema) {
        case "string": return sampleText(schema)
        case "integer", "number": return schema["examples"]?[0] ?? schema["minimum"] ?? 1
        case "boolean": return true
        case "array": return .array(schema["items"].map { [sample($0)] } ?? [])
        case "object":
            // A free object holds what provisioning wants to find in a plan.
            var object: JSONObject = schema["properties"] == nil ? ["tier": "BASIC"] : [:]
            for (name, property) in schema["properties"]?.objectValue ?? [:] { object[name] = sample(property) }
            return .object(object)
        default: return schema["examples"]?[0] ?? "any"
        }
    }

    private func sampleText(_ schema: JSONValue) -> JSONValue {
        switch schema["format"]?.stringValue {
        case "uuid": return .string(Identifier.v4().description)
        case "email": return "ann@acme.example.com"
        case "hostname": return "acme.example.com"
        case "date": return "2026-01-05"
        case "date-time": return "2026-01-05T10:00:00.000Z"
        default:
            return schema["examples"]?[0]
                ?? .string(String(repeating: "a", count: max(1, schema["minLength"]?.intValue ?? 1)))
        }
    }

    /// Whether any visible text will do: the patterns of texts only keep out U+0000 and what nobody can see, those of names
    /// links as well.
    static func takesAnyText(_ schema: JSONValue) -> Bool {
        schema["format"] == nil && schema["enum"] == nil
            && ["^[^\\u0000]*", "^(?!"].contains { schema["pattern"]?.stringValue?.hasPrefix($0) != false }
    }

    /// A place in a body with the schema of its value.
    struct Place: Sendable {
        let pointer: [String]
        let schema: JSONValue
        let type: String?

        var path: String { pointer.map { "/\($0)" }.joined() }
    }

    /// Every place of a body that its schema names: properties, their properties, and the first element of arrays.
    func places(_ unresolved: JSONValue, at pointer: [String] = []) -> [Place] {
        let schema = resolve(unresolved)
        let here = Place(pointer: pointer, schema: schema, type: type(schema))
        var places = pointer.isEmpty ? [] : [here]
        for (name, property) in schema["properties"]?.objectValue ?? [:] {
            places += self.places(property, at: pointer + [name])
        }
        if here.type == "array", let items = schema["items"] { places += self.places(items, at: pointer + ["0"]) }
        return places
    }
}

extension JSONValue {
    /// Removes a member of an object.
    mutating func remove(_ member: String) {
        guard var object = objectValue else { return }
        object[member] = nil
        self = .object(object)
    }

    /// The value with another one at a place.
    func replacing(_ pointer: some Collection<String>, with value: JSONValue) -> JSONValue {
        guard let first = pointer.first else { return value }
        if case .array(var elements) = self, let index = Int(first), elements.indices.contains(index) {
            elements[index] = elements[index].replacing(pointer.dropFirst(), with: value)
            return .array(elements)
        }
        guard var object = objectValue else { return self }
        object[first] = (object[first] ?? .null).replacing(pointer.dropFirst(), with: value)
        return .object(object)
    }
}
