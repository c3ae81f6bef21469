import JSONCoding
import StackTestSupport
import Testing

/// Headers that clients and scripts in browsers need.
@Suite struct HeaderTests {
    @Test func `every 401 says how to authenticate`() async throws {
        try await TestStack.run { stack in
            let cases: [(TestStack.ServiceKind, String, String, JSONValue?, String)] = [
                (.tenantManagement, "GET", "/tenants", nil, "Bearer "),
                (.tenantManagement, "POST", "/leads/\(TestTokens.operatorTenant)/verify", nil, "Bearer "),
                (
                    .tenantManagement, "POST", "/webhook", ["initiatorId": "x", "type": 0, "data": [:]],
                    "Signature "
                ),
                (.tenantManagement, "POST", "/manage/users", ["tenant": ["id": "x"]], "Signature "),
                (
                    .subscription, "POST", "/webhooks/billing-payment",
                    ["content": ["invoice": ["id": "x", "status": "paid"]]], "Basic "
                ), (.subscription, "GET", "/subscriptions", nil, "Bearer "),
            ]
            for (kind, method, path, body, scheme) in cases {
                for token in [nil, "nonsense"] {
                    let answer = try await stack.client(kind).send(method, path, body, token: token)
                    #expect(answer.status == 401, "\(path): \(answer.text)")
                    #expect(answer.headers["www-authenticate"]?.hasPrefix(scheme) == true, "\(path) \(answer.headers)")
                }
            }
            let event = try await stack.client(.orchestrator).send(
                "POST", "/event-bridge/events/TENANT_PROVISIONING", [:])
            if event.status == 401 {
                let challenge = event.headers["www-authenticate"] ?? ""
                #expect(challenge.contains("ApiKey ") && challenge.contains("Signature "), "\(challenge)")
            } else {
                Issue.record("\(event.text)")
            }
        }
    }

    /// Derived from the documents: a header of tomorrow is among them without being named here.
    @Test(arguments: WalkTests.kinds) func `browsers may read every header that a document declares`(
        _ kind: TestStack.ServiceKind
    ) async throws {
        try await TestStack.run([kind]) { stack in
            let answer = try await stack.client(kind).send(
                "GET", "/openapi.json", headers: ["origin": "https://app.example.com"])
            let exposed = Set(
                (answer.headers["access-control-expose-headers"] ?? "").lowercased().split(separator: ",").map {
                    $0.drop { $0 == " " }
                })
            for (path, item) in answer.json["paths"]?.objectValue ?? [:] {
                for (method, operation) in item.objectValue ?? [:] {
                    for (status, response) in operation["responses"]?.objectValue ?? [:] {
                        for name in response["headers"]?.objectValue?.keys ?? [] {
                            #expect(exposed.contains(name.lowercased()[...]), "\(method) \(path) \(status): \(name)")
                        }
                    }
                }
            }
            for name in ["x-request-id", "retry-after", "www-authenticate", "allow"] {
                #expect(exposed.contains(name[...]), "\(name)")
            }
            if kind == .tenantManagement { #expect(exposed.contains("content-disposition"), "\(exposed)") }
        }
    }

    @Test func `a small hostile body gets a small response, before anybody is authenticated`() async throws {
        try await TestStack.run([.subscription]) { stack in
            let name = String(repeating: "\u{1}é/", count: 60_000)
            let hostile: JSONValue = .object([name: .array(Array(repeating: "\u{0}", count: 250))])
            let body: JSONValue = ["metaData": hostile]
            for accept in ["application/json", "application/problem+json"] {
                let answer = try await stack.subscription.send("POST", "/plans", body, headers: ["accept": accept])
                #expect(answer.status == 422 && answer.bytes.count < 300_000, "\(answer.status) \(answer.bytes.count)")
            }
        }
    }
}
