import JSONCoding
import StackTestSupport
import Testing

/// What every service answers beside its own operations (docs/contract/arc-api.md 2.7).
@Suite struct ServiceTests {
    @Test func `every service has its pages and documents`() async throws {
        try await TestStack.run { stack in
            for kind in TestStack.ServiceKind.allCases {
                let client = stack.client(kind)
                let home = try await client.get("/").expect(200)
                #expect(home.headers["content-type"]?.hasPrefix("text/html") == true)
                let ping = try await client.get("/ping?msg=world").expect(200)
                #expect(ping.json["greeting"]?.stringValue?.hasPrefix("Hello from") == true)
                #expect(ping.json["url"] == "/ping?msg=world")
                #expect(try await client.get("/health/live").status == 200)
                let ready = try await client.get("/health/ready").expect(200)
                #expect(ready.json["status"] == "ok")
                #expect(try await client.get("/openapi.json").expect(200).json["openapi"] == "3.1.0")
                #expect(try await client.get("/explorer").status == 200)
                #expect(try await client.send("HEAD", "/ping").status == 200)
            }
        }
    }

    @Test func `responses have protective headers and a request id`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let given = try await stack.tenantManagement.send("GET", "/ping", headers: ["x-request-id": "abc-123"])
            #expect(given.headers["x-request-id"] == "abc-123")
            #expect(given.headers["x-content-type-options"] == "nosniff")
            let made = try await stack.tenantManagement.send("GET", "/nothing", headers: ["x-request-id": "a b/<c>"])
            #expect(made.headers["x-request-id"]?.count == 36)
            let secret = try await stack.tenantManagement.send(
                "GET", "/ping", token: "secret", headers: ["x-a": "secret"])
            #expect(!secret.text.contains("secret"), "what the client sent is not echoed")
        }
    }

    @Test func `preflights are answered`() async throws {
        try await TestStack.run([.tenantManagement], environment: ["CORS_ALLOWED_ORIGINS": "https://app.example.com"]) {
            stack in
            let asked = [
                "origin": "https://app.example.com", "access-control-request-method": "PATCH",
                "access-control-request-headers": "authorization,content-type",
            ]
            let answer = try await stack.tenantManagement.send("OPTIONS", "/tenants", headers: asked)
            #expect(answer.status == 204)
            #expect(answer.headers["access-control-allow-origin"] == "https://app.example.com")
            #expect(answer.headers["access-control-allow-methods"]?.contains("PATCH") == true)
            #expect(answer.headers["access-control-allow-headers"] == "authorization,content-type")
            let stranger = try await stack.tenantManagement.send(
                "GET", "/ping", headers: ["origin": "https://evil.example.com"])
            #expect(stranger.headers["access-control-allow-origin"] == nil)
        }
    }

    @Test func `errors have the form that the client asks for`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            for (method, path, status) in [
                ("GET", "/nothing", 404), ("GET", "/tenants", 401), ("DELETE", "/ping", 405),
            ] {
                let envelope = try await client.send(method, path)
                #expect(envelope.status == status)
                #expect(envelope.json["error"]?["statusCode"]?.intValue == status)
                #expect(envelope.headers["content-type"] == "application/json; charset=utf-8")
                let problem = try await client.send(method, path, headers: ["accept": "application/problem+json"])
                #expect(problem.status == status)
                #expect(problem.headers["content-type"] == "application/problem+json")
                #expect(problem.json["status"]?.intValue == status)
                #expect(problem.json["instance"]?.stringValue == path)
                #expect(problem.json["requestId"]?.stringValue == problem.headers["x-request-id"])
                for member in ["type", "title", "detail"] {
                    #expect(problem.json[member]?.stringValue != nil, "\(member)")
                }
            }
        }
    }
}
