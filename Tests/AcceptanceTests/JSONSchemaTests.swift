import JSONCoding
import StackTestSupport
import Testing

/// The judge of the walks: what it lets pass and what not.
@Suite struct JSONSchemaTests {
    private let schema = JSONSchema(components: [
        "Name": ["type": "string", "minLength": 1, "maxLength": 3, "pattern": "^[a-z]+$"]
    ])

    @Test func `values are valid exactly if they match the schema`() {
        let cases: [(schema: JSONValue, fits: [JSONValue], fails: [JSONValue])] = [
            (["$ref": "#/components/schemas/Name"], ["a", "abc"], ["", "abcd", "A", 1, .null]),
            (["type": ["string", "null"], "format": "uuid"], [.null, .string(WalkTests.unknown)], ["x", 1]),
            (["type": "integer", "minimum": 0, "maximum": 5], [0, 5], [-1, 6, 1.5, "1", true]),
            (["type": "number"], [1, 1.5], ["1", .null]),
            (["type": "string", "format": "date-time"], ["2026-01-05T10:00:00.000Z"], ["2026-01-05", "yesterday"]),
            (["type": "string", "format": "date"], ["2026-02-28"], ["2026-02-30", "2026-02-28T00:00:00.000Z"]),
            (["enum": [0, 1, .null]], [0, 1.0, .null], [2, "0"]),
            (["anyOf": [["type": "string"], ["type": "null"]]], ["a", .null], [1, [:]]),
            (["oneOf": [["minimum": 1], ["maximum": 2]]], [0, 3], [1]),
            (
                ["type": "array", "items": ["type": "string"], "maxItems": 2, "uniqueItems": true],
                [[], ["a", "b"]], [[1], ["a", "b", "c"], ["a", "a"]]
            ),
            (
                [
                    "type": "object", "properties": ["a": ["type": "string"]], "required": ["a"],
                    "additionalProperties": false,
                ], [["a": "x"]], [[:], ["a": 1], ["a": "x", "b": 1]]
            ),
            (["type": "object", "additionalProperties": ["type": "integer"]], [["a": 1], [:]], [["a": "x"]]),
            (["type": "string", "unheardOf": 1], [], ["a"]), (["$ref": "#/components/schemas/None"], [], ["a"]),
        ]
        for (schema, fits, fails) in cases {
            for value in fits { #expect(self.schema.problems(value, schema).isEmpty, "\(value) \(schema)") }
            for value in fails { #expect(!self.schema.problems(value, schema).isEmpty, "\(value) \(schema)") }
        }
    }

    /// What a walk would note of answers that are not as documented.
    @Test func `responses are checked against their document`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let id = try await stack.createTenantID()
            let document = try await APIDocument.read(stack.tenantManagement)
            let operation = try #require(document.operation("GET", "/tenants/\(id)?filter=%7B%7D"))
            #expect(operation.path == "/tenants/{id}")
            #expect(document.operation("GET", "/tenants/count")?.path == "/tenants/count")
            #expect(document.operation("GET", "/nothing") == nil)
            let answer = try await stack.tenantManagement.get("/tenants/\(id)", token: stack.admin).expect(200)
            #expect(document.problems(answer, of: operation).isEmpty)
            func other(_ status: Int, _ body: JSONValue, _ type: String = "application/json") -> TestResponse {
                TestResponse(status: status, headers: ["content-type": type], bytes: body.serialized())
            }
            for wrong in [
                other(418, answer.json), other(200, answer.json, "text/plain"), other(200, [answer.json]),
                other(200, answer.json.replacing(["status"], with: 6)),
                other(200, answer.json.replacing(["secret"], with: "x")),
                other(200, answer.json.replacing(["id"], with: "x")), other(404, ["message": "gone"]),
            ] { #expect(!document.problems(wrong, of: operation).isEmpty, "\(wrong.status) \(wrong.text)") }
        }
    }
}
