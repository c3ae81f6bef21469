import Entities
import HTTPTypes
import JSONCoding
import Testing

@testable import ServiceKit

/// What the document adds to the descriptions of operations: examples, headers, errors.
@Suite
struct DocumentPartsTests {
    private static let row = Schema.object(
        [
            .init("deleted", .boolean), .init("deletedOn", .string(format: .dateTime).nullable()),
            .init("deletedBy", .string().nullable()), .init("createdBy", .string().nullable()),
            .init("id", .string(format: .uuid), required: true), .init("tenantId", .string(format: .uuid)),
            .init("name", Schema.string().example("Acme")), .init("size", Schema.string().example("L")),
            .init("color", Schema.string().example("red")),
        ], name: "Row")

    private func document(
        _ method: HTTPRequest.Method = .patch, _ security: OperationSecurity = .none, body: Schema? = nil,
        response: OperationResponseDescription = .init(.ok, "The row", schema: row), rateLimit: RateLimit? = nil
    ) throws -> (operation: JSONValue, components: JSONValue) {
        let operation = Operation(
            method, "/x", id: "X.x", summary: "x", security: security, requestBody: body, responses: [response],
            rateLimit: rateLimit, handler: .anonymous { _ in .noContent })
        let document = try JSONValue.parse(OpenAPIDocument(title: "t", summary: "s", operations: [operation]).json())
        let described = document["paths"]?["/x"]?[method.rawValue.lowercased()] ?? .null
        return (described, document["components"] ?? .null)
    }

    private func example(_ part: JSONValue?, _ mediaType: String = "application/json") -> JSONValue? {
        part?["content"]?[mediaType]?["example"]
    }

    @Test func `rows in examples are not deleted`() throws {
        let listed = OperationResponseDescription(.ok, "Rows", schema: .array(of: Self.row))
        let (operation, _) = try document(.get, response: listed)
        let row = try #require(example(operation["responses"]?["200"])?[0])
        #expect(row["deleted"] == false && row["deletedOn"] == .null && row["deletedBy"] == .null)
        #expect(row["createdBy"]?.stringValue?.count == 36 && row["name"] == "Acme")
        #expect(Self.row.validate(row).isEmpty)
    }

    @Test func `the example of a change is small`() throws {
        #expect(
            try example(document(body: Self.row.optional()).operation["requestBody"]) == ["name": "Acme", "size": "L"])
        let needed = Self.row.optional().requiring("color")
        let whole = try example(document(body: needed).operation["requestBody"])
        #expect(whole?["color"] == "red" && whole?["tenantId"] != nil, "what is required is there")
        let new = try example(document(.post, body: Self.row.optional()).operation["requestBody"])
        #expect(new?["color"] == "red" && new?["id"] == nil)
    }

    @Test(arguments: ["text/html", "application/pdf", "application/yaml"])
    func `responses that are not JSON have an example`(mediaType: String) throws {
        let response = OperationResponseDescription(.ok, "A file", mediaType: mediaType)
        let text = try example(document(.get, response: response).operation["responses"]?["200"], mediaType)
        #expect(text?.stringValue?.isEmpty == false)
    }

    @Test func `the example of an error is the one of its security scheme`() throws {
        let cases: [(OperationSecurity, String, JSONValue)] = [
            (.bearer(permissions: []), "MissingToken", "Bearer realm=\"Users\""),
            (.leadKey, "Unauthorized", "Unauthorized"),
            (.basic, "Unauthorized", "Unauthorized"), (.signature, "Unauthorized", "Unauthorized"),
        ]
        for (security, name, message) in cases {
            let (operation, components) = try document(.post, security)
            #expect(operation["responses"]?["401"] == ["$ref": .string("#/components/responses/\(name)")])
            #expect(example(components["responses"]?[name])?["error"]?["message"] == message)
        }
        #expect(try document(.post).operation["responses"]?["401"] == nil)
    }

    @Test func `headers of every response are documented`() throws {
        let (plain, components) = try document(.get)
        #expect(plain["responses"]?["200"]?["headers"]?.objectValue?.keys == ["X-Request-Id"])
        let (limited, _) = try document(.get, rateLimit: RateLimit(limit: 5))
        let names = Set(limited["responses"]?["200"]?["headers"]?.objectValue?.keys ?? [])
        #expect(
            names == [
                "X-Request-Id", "RateLimit", "RateLimit-Policy", "X-RateLimit-Limit", "X-RateLimit-Remaining",
                "X-RateLimit-Reset",
            ])
        for name in names { #expect(components["headers"]?[name]?["schema"] != nil, "\(name)") }
        let refused = Set(components["responses"]?["TooManyRequests"]?["headers"]?.objectValue?.keys ?? [])
        #expect(refused == names.union(["Retry-After"]))
    }
}
