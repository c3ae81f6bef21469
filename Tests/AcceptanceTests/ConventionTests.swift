import JSONCoding
import Primitives
import StackTestSupport
import Testing

/// What every entity's operations understand beyond the original: entity tags, preferences, pages, restoring.
@Suite struct ConventionTests {
    /// A contact of a new tenant.
    private func contact(_ stack: TestStack) async throws -> (path: String, tag: String) {
        let tenant = try await stack.createTenantID()
        let created = try await stack.tenantManagement.post(
            "/contacts",
            [
                "firstName": "Bo", "lastName": "Ek", "email": "bo@acme.com", "isPrimary": false,
                "tenantId": .string(tenant),
            ], token: stack.admin
        ).expect(201)
        let path = "/contacts/\(try created.string("id"))"
        return (path, try #require(created.headers["etag"]))
    }

    @Test func `reads and changes honor entity tags`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let (path, tag) = try await contact(stack)
            #expect(tag == "\"1\"")
            let read = try await client.get(path, token: stack.admin).expect(200)
            #expect(read.headers["etag"] == tag)

            let unchanged = try await client.send(
                "GET", path, token: stack.admin, headers: ["if-none-match": "\"7\", \(tag)"])
            #expect(unchanged.status == 304 && unchanged.bytes.isEmpty && unchanged.headers["etag"] == tag)
            try await client.send("GET", path, token: stack.admin, headers: ["if-none-match": "\"7\""]).expect(200)
            try await client.send("GET", path, token: stack.admin, headers: ["if-none-match": "*"]).expect(304)

            // A representation with relations changes when they do, and still has the row's version.
            let filter: JSONValue = ["include": ["tenant"]]
            let wide = try await client.get("\(path)?\(filter.parameter())", token: stack.admin).expect(200)
            let wideTag = try #require(wide.headers["etag"])
            #expect(wideTag != tag && wideTag.hasPrefix("\"1-"))
            let tenant = try #require(wide.json["tenantId"]?.stringValue)
            try await client.patch("/tenants/\(tenant)", ["name": "Renamed"], token: stack.admin).expect(204)
            let renamed = try await client.get("\(path)?\(filter.parameter())", token: stack.admin).expect(200)
            #expect(renamed.headers["etag"] != wideTag)

            let changed = try await client.send(
                "PATCH", path, ["lastName": "X"], token: stack.admin, headers: ["if-match": wideTag]
            ).expect(204)
            #expect(changed.headers["etag"] == "\"2\"")
        }
    }

    @Test func `a conditional change never overwrites another one`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let (path, tag) = try await contact(stack)
            try await client.patch(path, ["lastName": "Newer"], token: stack.admin).expect(204)
            var full = try await client.get(path, token: stack.admin).expect(200).json
            for name in ["deletedOn", "deletedBy", "type"] { full.remove(name) }
            for (method, body) in [("PATCH", ["lastName": "Old"] as JSONValue), ("PUT", full), ("DELETE", nil)] {
                for stale in [tag, "\"0\"", "W/\"2\"", "\"abc\"", "\"1\", W/\"2\""] {
                    let refused = try await client.send(
                        method, path, body, token: stack.admin, headers: ["if-match": stale])
                    #expect(refused.status == 412, "\(method) \(stale): \(refused.text)")
                    #expect(refused.errorCode == "VERSION_MISMATCH")
                }
                for wrong in ["abc", "\"1", "\"1\",", "W/1", ""] {
                    let refused = try await client.send(
                        method, path, body, token: stack.admin, headers: ["if-match": wrong])
                    #expect(refused.status == 400 && refused.text.contains("If-Match"), "\(method) \(wrong)")
                }
                let absent = try await client.send(
                    method, path, body, token: stack.admin, headers: ["if-none-match": "*"])
                #expect(absent.status == 412)
            }
            let nowhere = "/contacts/\(Identifier.v4())"
            try await client.send("DELETE", nowhere, token: stack.admin, headers: ["if-match": "*"]).expect(404)
            try await client.send("DELETE", nowhere, token: stack.admin, headers: ["if-match": tag]).expect(404)
            #expect(try await client.get(path, token: stack.admin).expect(200).json["lastName"] == "Newer")
            try await client.send(
                "PATCH", path, ["lastName": "Newest"], token: stack.admin, headers: ["if-match": "\"1\", \"2\""]
            ).expect(204)
            try await client.send("DELETE", path, token: stack.admin, headers: ["if-match": "*"]).expect(204)
        }
    }

    /// Of many who read the same version and insist on it, one wins.
    @Test func `of concurrent changes of one version one succeeds`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let (path, tag) = try await contact(stack)
            let answers = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<12 {
                    group.addTask {
                        try await stack.tenantManagement.send(
                            "PATCH", path, ["lastName": .string("N\(number)")], token: stack.admin,
                            headers: ["if-match": tag]
                        ).status
                    }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }.sorted()
            }
            #expect(answers == [204] + Array(repeating: 412, count: 11))
        }
    }

    @Test func `the Prefer header decides what is returned`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let (path, _) = try await contact(stack)
            let patched = try await client.send(
                "PATCH", path, ["lastName": "Y"], token: stack.admin,
                headers: ["prefer": "respond-async, return=representation; x=1"]
            ).expect(200)
            #expect(patched.json["lastName"] == "Y" && patched.headers["preference-applied"] == "return=representation")
            #expect(patched.headers["etag"] == "\"2\"")
            let read = try await client.get(path, token: stack.admin).expect(200)
            #expect(read.bytes == patched.bytes)
            var full = read.json
            for name in ["deletedOn", "deletedBy", "type"] { full.remove(name) }
            let put = try await client.send(
                "PUT", path, full.replacing(["lastName"], with: "Z"), token: stack.admin,
                headers: ["prefer": "return=representation"]
            ).expect(200)
            #expect(put.json["lastName"] == "Z" && put.headers["etag"] == nil)
            let minimal = try await client.send(
                "PATCH", path, ["lastName": "Q"], token: stack.admin, headers: ["prefer": "return=minimal"]
            ).expect(204)
            #expect(minimal.bytes.isEmpty && minimal.headers["preference-applied"] == nil)
        }
    }

    @Test func `pages of a list follow one another by their links`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let tenant = try await stack.createTenantID()
            for number in 0..<7 {
                try await client.post(
                    "/contacts",
                    [
                        "firstName": .string("N\(number % 2)"), "lastName": "L", "email": "n@acme.com",
                        "isPrimary": false,
                        "tenantId": .string(tenant),
                    ], token: stack.admin
                ).expect(201)
            }
            let filter: JSONValue = [
                "where": ["tenantId": .string(tenant)], "order": ["firstName DESC"], "limit": 3, "fields": ["id"],
            ]
            let whole: JSONValue = [
                "where": ["tenantId": .string(tenant)], "order": ["firstName DESC"], "fields": ["id"],
            ]
            let all = try await client.get("/contacts?\(whole.parameter())", token: stack.admin).expect(200)
            #expect(all.headers["link"] == nil && all.headers["x-total-count"] == nil)
            var path = "/contacts?\(filter.parameter())"
            var walked: [JSONValue] = []
            var pages = 0
            while pages < 10 {
                let page = try await client.send("GET", path, token: stack.admin, headers: ["prefer": "count=exact"])
                    .expect(200)
                #expect(page.headers["x-total-count"] == "8")
                #expect(page.headers["preference-applied"] == "count=exact")
                walked += page.json.arrayValue ?? []
                pages += 1
                guard let link = page.headers["link"] else { break }
                #expect(link.hasSuffix(">; rel=\"next\""))
                path = String(link.dropFirst().prefix { $0 != ">" })
            }
            #expect(pages == 3 && .array(walked) == all.json)
            let other: JSONValue = ["order": ["lastName", "email"]]
            let cursor = try #require(path.split(separator: "=").last)
            let mixed = try await client.get(
                "/contacts?\(other.parameter())&cursor=\(cursor)", token: stack.admin)
            #expect(mixed.status == 400 && mixed.violations == ["/cursor: cursor"])
            // The bracket form survives in the link.
            let brackets = try await client.get("/contacts?filter%5Blimit%5D=1", token: stack.admin).expect(200)
            #expect(brackets.headers["link"]?.hasPrefix("</contacts?filter%5Blimit%5D=1&cursor=") == true)
        }
    }

    @Test func `operators restore deleted rows`() async throws {
        try await TestStack.run([.tenantManagement, .subscription]) { stack in
            let client = stack.tenantManagement
            let (path, _) = try await contact(stack)
            try await client.post("\(path)/restore", token: stack.admin).expect(404)
            try await client.delete(path, token: stack.admin).expect(204)
            let tenant = try await stack.createTenantID()
            let user = try await stack.tokens.userToken(tenant: tenant)
            try await client.post("\(path)/restore", token: user).expect(403)
            let powerless = try await stack.tokens.operatorToken(["10209", "10211"])
            try await client.post("\(path)/restore", token: powerless).expect(403)
            let restored = try await client.post("\(path)/restore", token: stack.admin).expect(200)
            #expect(restored.json["deleted"] == false && restored.json["deletedOn"] == .null)
            #expect(restored.headers["etag"] == "\"3\"")
            try await client.get(path, token: stack.admin).expect(200)
            try await client.post("\(path)/restore", token: stack.admin).expect(404)

            // Another one has the name by now.
            let size = try await stack.subscription.post("/plan-sizes", ["size": "XXL"], token: stack.admin).expect(201)
            let old = "/plan-sizes/\(try size.string("id"))"
            try await stack.subscription.delete(old, token: stack.admin).expect(204)
            try await stack.subscription.post("/plan-sizes", ["size": "XXL"], token: stack.admin).expect(201)
            try await stack.subscription.post("\(old)/restore", token: stack.admin).expect(409)

            // The cache follows.
            let tenantPath = "/tenants/\(tenant)"
            try await client.get(tenantPath, token: stack.admin).expect(200)
            try await client.delete(tenantPath, token: stack.admin).expect(204)
            try await client.get(tenantPath, token: stack.admin).expect(404)
            try await client.post("\(tenantPath)/restore", token: stack.admin).expect(200)
            try await client.get(tenantPath, token: stack.admin).expect(200)
        }
    }

    @Test func `a restored subscription counts toward the quota again`() async throws {
        try await TestStack.run([.tenantManagement, .subscription], environment: ["SUBSCRIPTION_QUOTA": "1"]) { stack in
            let tenant = try await stack.createTenantID()
            let body: JSONValue = [
                "subscriberId": .string(tenant), "planId": .string(try await stack.plan(tier: "PREMIUM")), "status": 1,
            ]
            let first = try await stack.subscription.post("/subscriptions", body, token: stack.admin).expect(201)
            let path = "/subscriptions/\(try first.string("id"))"
            try await stack.subscription.delete(path, token: stack.admin).expect(204)
            let second = try await stack.subscription.post("/subscriptions", body, token: stack.admin).expect(201)
            let refused = try await stack.subscription.post("\(path)/restore", token: stack.admin).expect(409)
            #expect(refused.errorCode == "SUBSCRIPTION_QUOTA_EXCEEDED")
            try await stack.subscription.patch(
                "/subscriptions/\(try second.string("id"))", ["status": 3], token: stack.admin
            ).expect(204)
            try await stack.subscription.post("\(path)/restore", token: stack.admin).expect(200)
        }
    }

    /// A change that was made is answered, and one whose condition cannot be looked at is not made.
    @Test func `restore accepts no conditions`() async throws {
        try await TestStack.run([.subscription]) { stack in
            let client = stack.subscription
            let size = try await client.post("/plan-sizes", ["size": "ZZ"], token: stack.admin).expect(201)
            let path = "/plan-sizes/\(try size.string("id"))"
            try await client.delete(path, token: stack.admin).expect(204)
            for (name, value) in [("if-none-match", "*"), ("if-none-match", "\"1\""), ("if-match", "*")] {
                let refused = try await client.send(
                    "POST", "\(path)/restore", token: stack.admin, headers: [name: value])
                #expect(refused.status == 400 && refused.errorCode == "INVALID_PARAMETER_VALUE", "\(refused.text)")
            }
            try await client.get(path, token: stack.admin).expect(404)
            try await client.post("\(path)/restore", token: stack.admin).expect(200)
            try await client.send("GET", path, token: stack.admin, headers: ["if-none-match": "*"]).expect(304)
            try await client.send("HEAD", path, token: stack.admin, headers: ["if-none-match": "*"]).expect(304)
        }
    }
}
