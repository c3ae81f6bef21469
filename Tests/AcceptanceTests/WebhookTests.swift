import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import Testing

/// The signed callback (docs/contract/arc-api.md 9.4, 9.5, 12.6).
@Suite struct WebhookTests {
    @Test func `a success activates the tenant with all its resources`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let hook = try await TestWebhook.begin(stack)
            let resources: JSONValue = [
                ["type": "bucket", "metadata": ["bucket": "b", "path": "p"]],
                ["type": "database", "metadata": ["name": "d", "size": 1]],
                ["type": "queue", "externalIdentifier": "q-1", "metadata": [:]],
                ["type": "other", "metadata": ["x": [1, 2, ["y": .null]]]],
            ]
            try await hook.send(hook.body(resources: resources)).expect(204)
            #expect(try await hook.status() == 0)
            #expect(try await hook.resources() == ["bucket b", "database d", "other other-3", "queue q-1"])
            let mail = try await stack.mails.mail(containing: "is ready")
            #expect(mail.contains("https://t.example.com") && mail.contains("Ann"))
            let filter: JSONValue = ["include": ["resources"]]
            let shown = try await stack.tenantManagement.get(
                "/tenants/\(hook.tenant)?\(filter.parameter())", token: stack.admin)
            #expect(shown.json["resources"]?.arrayValue?.count == 4)
        }
    }

    @Test func `after a failure the tenant can be provisioned again`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let hook = try await TestWebhook.begin(stack)
            try await hook.send(hook.body(status: 0)).expect(204)
            #expect(try await hook.status() == 3)
            #expect(try await hook.resources().isEmpty)
            try await stack.tenantManagement.post(
                "/tenants/\(hook.tenant)/provision", ["id": "1", "plan": ["tier": "BASIC"]], token: stack.admin
            ).expect(204)
            try await hook.send().expect(401)
            let again = try await TestWebhook.of(hook.tenant, stack)
            #expect(again.secret != hook.secret && again.context != hook.context)
            try await again.send().expect(204)
            #expect(try await hook.status() == 0)
        }
    }

    @Test func `a signed but invalid callback is refused with the reason`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let hook = try await TestWebhook.begin(stack)
            let type: JSONValue = hook.body().replacing(["type"], with: 2)
            #expect(try await hook.send(type).status == 422)
            let wrong: [([String], JSONValue, String)] = [
                (["data", "status"], "ok", "/data/status"), (["data", "resources"], "none", "/data/resources"),
                (["data", "resources", "0", "type"], 1, "/data/resources/0/type"),
                (["data", "resources", "0", "metadata"], "x", "/data/resources/0/metadata"),
            ]
            for (pointer, value, path) in wrong {
                let answer = try await hook.send(hook.body().replacing(pointer, with: value))
                #expect(answer.status == 422, "\(pointer): \(answer.text)")
                #expect(answer.details.contains { $0["path"]?.stringValue == path }, "\(answer.text)")
            }
            let hostile: [JSONValue] = [
                ["type": "b\u{0}", "metadata": ["bucket": "b"]], ["type": "b", "metadata": ["bucket": "b\u{0}"]],
                ["type": "b", "metadata": ["a\u{0}": 1]],
                ["type": "b", "externalIdentifier": .string(String(repeating: "x", count: 201)), "metadata": [:]],
                ["type": .string(String(repeating: "x", count: 101)), "metadata": [:]], .null, "x",
            ]
            for resource in hostile {
                let answer = try await hook.send(hook.body(resources: [resource]))
                #expect(answer.status == 422, "\(resource): \(answer.status) \(answer.text)")
            }
            #expect(try await hook.status() == 2)
            try await hook.send().expect(204)
        }
    }

    @Test func `two resources of one name and different type are two`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let hook = try await TestWebhook.begin(stack)
            let resources: [JSONValue] = [
                ["type": "bucket", "externalIdentifier": "acme", "metadata": [:]],
                ["type": "database", "externalIdentifier": "acme", "metadata": [:]],
                ["type": "bucket", "externalIdentifier": "acme", "metadata": ["again": true]],
            ]
            try await hook.send(hook.body(resources: .array(resources))).expect(204)
            #expect(try await hook.resources() == ["bucket acme", "database acme"])
        }
    }

    @Test func `the same content in another form is the same callback, other content is not`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let hook = try await TestWebhook.begin(stack)
            let send = { (text: String) in
                let bytes = Array(text.utf8)
                let now = TestWebhook.now()
                return try await hook.send(bytes, timestamp: now, signature: hook.signature(bytes, timestamp: now))
            }
            let tenant = hook.tenant
            try await send(
                #"{"initiatorId":"\#(tenant)","type":0,"data":{"status":1,"resources":[{"type":"b","metadata":{"a":1,"b":"é"}}]}}"#
            ).expect(204)
            try await send(
                #"""
                { "type": 0.0, "initiatorId": "\#(tenant)",
                  "data": {"resources": [{"metadata": {"b": "\u00e9", "a": 1}, "type": "b"}], "status": 1e0} }
                """#
            ).expect(204)
            let other = try await send(
                #"{"initiatorId":"\#(tenant)","type":0,"data":{"status":1,"resources":[{"type":"c","metadata":{}}]}}"#)
            #expect(other.status == 401)
            #expect(try await hook.resources() == ["b b-0"])
        }
    }

    @Test func `callbacks without status or type are accepted like in the original`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let hook = try await TestWebhook.begin(stack)
            try await hook.send(hook.body(resources: [["metadata": ["bucket": "b"]]])).expect(204)
            #expect(try await hook.status() == 0)
            #expect(try await hook.resources() == ["bucket b"])
            let failed = try await TestWebhook.begin(stack)
            try await failed.send(["initiatorId": .string(failed.tenant), "type": 0, "data": [:]]).expect(204)
            #expect(try await failed.status() == 3)
        }
    }

    @Test func `repeated and concurrent deliveries have one effect`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let hook = try await TestWebhook.begin(stack)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<10 { group.addTask { try await hook.send().status } }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.allSatisfy { $0 == 204 }, "\(statuses)")
            #expect(try await hook.send().status == 204, "a replay with a new timestamp")
            #expect(
                try await hook.send(hook.body(resources: [["type": "x", "metadata": [:]]])).status == 401,
                "another report")
            #expect(try await hook.send(hook.body(status: 0)).status == 401)
            #expect(try await hook.status() == 0)
            #expect(try await hook.resources() == ["bucket b"])
            try await eventually("the welcome mail") { try await hook.welcomes() >= 1 }
            #expect(try await hook.welcomes() == 1)
            #expect(
                try await stack.database(.tenantManagement).count(
                    "SELECT count(*) FROM main.outbox WHERE type = 'TENANT_PROVISIONING_SUCCESS'") == 1)
        }
    }

    @Test func `tenants that are not being provisioned are left alone`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let hook = try await TestWebhook.begin(stack)
            let database = try stack.database(.tenantManagement)
            try await database.query("UPDATE main.tenants SET status = 5")
            try await hook.send().expect(401)
            #expect(try await database.count("SELECT status FROM main.tenants") == 5)
            #expect(try await hook.resources().isEmpty)
            try await database.query("UPDATE main.tenants SET status = 2, deleted = true")
            try await hook.send().expect(401)
        }
    }

    @Test func `without a primary contact no welcome mail is sent`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let hook = try await TestWebhook.begin(stack)
            try await stack.database(.tenantManagement).query("UPDATE main.contacts SET deleted = true")
            try await hook.send().expect(204)
            #expect(try await hook.status() == 0)
            #expect(try await hook.welcomes() == 0)
        }
    }

    @Test func `the rate limit is per tenant`() async throws {
        try await TestStack.run([.tenantManagement], environment: ["WEBHOOK_API_MAX_ATTEMPTS": "2"]) { stack in
            let first = try await TestWebhook.begin(stack)
            let second = try await TestWebhook.begin(stack)
            try await first.send().expect(204)
            try await first.send().expect(204)
            let refused = try await first.send().expect(429)
            #expect(refused.headers["retry-after"] != nil)
            try await second.send().expect(204)
        }
    }
}
