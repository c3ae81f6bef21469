import JSONCoding
import PostgresTestSupport
import StackTestSupport
import Testing

/// Endpoints of webhooks: who may have which, and their secrets.
@Suite struct WebhookEndpointTests {
    private static let url: JSONValue = "https://hooks.example.com/arc"

    @Test func `a new endpoint shows its secret once, and later to those who may see it`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let created = try await client.post(
                "/webhook-endpoints", ["url": Self.url, "isEnabled": false], token: stack.admin
            ).expect(201)
            let secret = try created.string("secret")
            #expect(secret.hasPrefix("whsec_") && created.json["publicKey"] == nil)
            #expect(created.json["audience"] == "operator" && created.json["signing"] == "hmac")
            #expect(created.json["disabledReason"] == "MANUAL")
            let path = "/webhook-endpoints/\(try created.string("id"))"
            #expect(created.headers["location"] == path)
            let read = try await client.get(path, token: stack.admin).expect(200)
            #expect(!read.text.contains(secret) && read.json["secret"] == nil)
            let viewer = try await stack.tokens.operatorToken(["10263"])
            try await client.get(path, token: viewer).expect(200)
            try await client.get("\(path)/secret", token: viewer).expect(403)
            let shown = try await client.get("\(path)/secret", token: stack.admin).expect(200)
            #expect(shown.json["secret"] == .string(secret))
            let stored = try await stack.database(.tenantManagement).texts(
                "SELECT encode(sealed, 'escape') FROM main.webhook_secrets")
            #expect(stored.count == 1 && !stored[0].contains(secret.dropFirst(6)))

            let key = try await client.post(
                "/webhook-endpoints", ["url": Self.url, "signing": "ed25519"], token: stack.admin
            ).expect(201)
            #expect(try key.string("publicKey").hasPrefix("whpk_") && key.json["secret"] == nil)
            #expect(!key.text.contains("whsk_"), "the private key never leaves")
        }
    }

    @Test func `a URL that must not be called is refused`() async throws {
        let urls = [
            "http://hooks.example.com/", "https://user:secret@hooks.example.com/", "https://hooks.example.com/#top",
            "https://", "ftp://hooks.example.com/", "https://127.0.0.1/", "https://0x7f.0.0.1/", "https://[::1]/",
            "https://169.254.169.254/latest/meta-data", "https://localhost/", "https://hooks.example.com/a b",
        ]
        try await TestStack.run([.tenantManagement]) { stack in
            for url in urls {
                let answer = try await stack.tenantManagement.post(
                    "/webhook-endpoints", ["url": .string(url)], token: stack.admin
                ).expect(422)
                #expect(answer.details.allSatisfy { $0["path"] == "/url" }, "\(url): \(answer.text)")
            }
        }
    }

    @Test func `changes keep to the rules for URLs and types`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let endpoint = try await client.post("/webhook-endpoints", ["url": Self.url], token: stack.admin)
                .expect(201)
            let path = "/webhook-endpoints/\(try endpoint.string("id"))"
            let local: JSONValue = ["url": "https://127.0.0.1/"]
            try await client.patch(path, local, token: stack.admin).expect(422)
            try await client.put(path, local, token: stack.admin).expect(422)
            let all: JSONValue = [:]
            try await client.patch("/webhook-endpoints?\(all.parameter("where"))", local, token: stack.admin).expect(
                422)
            let unknown = try await client.patch(path, ["eventTypes": ["TENANTS_LISTED"]], token: stack.admin)
                .expect(422)
            #expect(unknown.violations == ["/eventTypes/0: enum"])
            let known = unknown.details[0]["info"]?["allowedValues"]?.arrayValue ?? []
            #expect(known.contains("TENANT_CREATED") && !known.contains("TENANTS_LISTED"))
            try await client.patch(path, ["secret": "whsec_x"], token: stack.admin).expect(422)
            try await client.patch(path, ["signing": "ed25519"], token: stack.admin).expect(422)
        }
    }

    @Test func `a tenant's users manage their own endpoints and no others`() async throws {
        try await TestStack.run(
            [.tenantManagement], environment: ["WEBHOOK_ENDPOINT_LIMIT": "3", "PROVISION_ON_CREATE": "false"]
        ) { stack in
            let client = stack.tenantManagement
            let (first, second) = (try await stack.createTenantID(), try await stack.createTenantID())
            let (one, two) = (
                try await stack.tokens.userToken(tenant: first), try await stack.tokens.userToken(tenant: second)
            )
            let own = try await client.post("/webhook-endpoints", ["url": Self.url], token: one).expect(201)
            #expect(own.json["tenantId"] == .string(first) && own.json["audience"] == "tenant")
            let path = "/webhook-endpoints/\(try own.string("id"))"
            // One of the operator that gets the events of the tenant is not the tenant's.
            let operators = try await client.post(
                "/webhook-endpoints", ["url": Self.url, "tenantId": .string(first)], token: stack.admin
            ).expect(201)
            #expect(operators.json["audience"] == "operator")
            for (token, other) in [(two, path), (one, "/webhook-endpoints/\(try operators.string("id"))")] {
                try await client.get(other, token: token).expect(404)
                try await client.get("\(other)/secret", token: token).expect(404)
                try await client.get("\(other)/deliveries", token: token).expect(404)
                try await client.patch(other, ["description": "x"], token: token).expect(404)
                for action in ["rotate", "replay"] {
                    let body: JSONValue =
                        action == "rotate"
                        ? [:] : ["from": "2026-01-01T00:00:00.000Z", "to": "2026-01-02T00:00:00.000Z"]
                    try await client.post("\(other)/\(action)", body, token: token).expect(404)
                }
                try await client.post("\(other)/test", token: token).expect(404)
                try await client.delete(other, token: token).expect(404)
            }
            let ids = try await client.get("/webhook-endpoints", token: one).expect(200).json.arrayValue ?? []
            #expect(ids.count == 1)
            let greedy = try await client.post(
                "/webhook-endpoints", ["url": Self.url, "audience": "operator"], token: one
            ).expect(403)
            #expect(greedy.violations == ["/audience: readOnly"])
            let foreign = try await client.post(
                "/webhook-endpoints", ["url": Self.url, "tenantId": .string(second)], token: one
            ).expect(422)
            #expect(foreign.violations == ["/tenantId: tenant"])
            try await client.patch(path, ["tenantId": .string(second)], token: one).expect(422)
            let hidden = try await client.post(
                "/webhook-endpoints", ["url": Self.url, "eventTypes": ["TENANT_DEPLOYMENT"]], token: one
            ).expect(422)
            #expect(hidden.violations == ["/eventTypes/0: eventType"])

            let answers = await concurrently(6, width: 6) { _ in
                try? await client.post("/webhook-endpoints", ["url": Self.url], token: one)
            }
            #expect(answers.count { $0?.status == 201 } == 2, "three in all")
            #expect(answers.allSatisfy { $0?.status == 201 || $0?.errorCode == "TOO_MANY_ENDPOINTS" })
        }
    }
}
