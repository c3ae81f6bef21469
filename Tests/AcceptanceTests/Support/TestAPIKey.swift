import JSONCoding
import StackTestSupport
import TestSupport

/// An API key of a stack.
struct TestAPIKey: Sendable {
    let id: String
    let text: String

    var path: String { "/api-keys/\(id)" }

    init(_ response: TestResponse) throws {
        id = try response.string("id")
        text = try response.string("key")
    }

    /// The body of a request for one.
    static func body(_ permissions: [String] = ["10207"], tenant: String? = nil, _ more: JSONObject = [:]) -> JSONValue
    {
        var body: JSONObject = [
            "name": "test", "audience": tenant == nil ? "operator" : "tenant",
            "permissions": .array(permissions.map { .string($0) }),
        ]
        if let tenant { body["tenantId"] = .string(tenant) }
        for (name, value) in more { body[name] = value }
        return .object(body)
    }
}

extension TestStack {
    /// Adds an API key, by default as an operator.
    func apiKey(
        _ permissions: [String] = ["10207"], tenant: String? = nil, _ more: JSONObject = [:], by token: String? = nil
    ) async throws -> TestAPIKey {
        try TestAPIKey(
            try await tenantManagement.post(
                "/api-keys", TestAPIKey.body(permissions, tenant: tenant, more), token: token ?? admin
            ).expect(201))
    }

    /// Waits until a node accepts a key: on the subscription service its event takes a moment.
    func awaitKey(_ key: TestAPIKey, _ client: TestHTTPClient, path: String) async throws {
        try await eventually("the key is known") { try await client.get(path, token: key.text).status == 200 }
    }
}
