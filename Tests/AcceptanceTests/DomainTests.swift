import JSONCoding
import PostgresClient
import PostgresTestSupport
import StackTestSupport
import Testing

/// Mail domains of tenants: claimed, proven by DNS or an operator, released and removed.
@Suite struct DomainTests {
    /// A stack of tenant management with a name server.
    private struct World {
        let stack: TestStack
        let names: FakeNameServer
        let domain = "\(TestStack.uniqueKey()).example.org"

        var client: TestHTTPClient { stack.tenantManagement }

        func path(_ tenant: String, _ domain: String? = nil, _ action: String = "") -> String {
            "/tenants/\(tenant)/domains/\(domain ?? self.domain)" + (action.isEmpty ? "" : "/\(action)")
        }

        func claim(_ tenant: String, _ domain: String? = nil, token: String? = nil) async throws -> TestResponse {
            try await client.post(
                "/tenants/\(tenant)/domains", ["domain": .string(domain ?? self.domain)], token: token ?? stack.admin)
        }

        func post(_ action: String, _ tenant: String, token: String? = nil) async throws -> TestResponse {
            try await client.post(path(tenant, nil, action), token: token ?? stack.admin)
        }

        func user(_ tenant: String) async throws -> String { try await stack.tokens.userToken(tenant: tenant) }

        /// Publishes the record of claims, and nothing else.
        func publish(_ claims: TestResponse...) throws {
            names.publish(
                try #require(claims[0].json["record"]?["name"]?.stringValue),
                try claims.map { [try #require($0.json["record"]?["value"]?.stringValue)] })
        }

        func state(_ tenant: String) async throws -> String {
            try await client.get(path(tenant), token: stack.admin).expect(200).string("state")
        }

        /// `domains` of a tenant, as everybody reads it.
        func listed(_ tenant: String) async throws -> [JSONValue] {
            try await client.get("/tenants/\(tenant)", token: stack.admin).expect(200).json["domains"]?.arrayValue ?? []
        }
    }

    private func run(environment: [String: String] = [:], _ body: (World) async throws -> Void) async throws {
        try await FakeNameServer.run { names in
            let environment = [
                "DNS_RESOLVER": names.address, "DNS_TIMEOUT_MILLIS": "30000", "PROVISION_ON_CREATE": "false",
            ].merging(environment) { $1 }
            try await TestStack.run([.tenantManagement], environment: environment) { stack in
                try await body(World(stack: stack, names: names))
            }
        }
    }

    @Test func `a claimed domain is proven by its record`() async throws {
        try await run { world in
            let tenant = try await world.stack.createTenantID()
            let user = try await world.user(tenant)
            let claim = try await world.claim(tenant, token: user).expect(201)
            #expect(claim.headers["location"] == world.path(tenant))
            #expect(claim.json["state"] == "WAITING" && claim.json["record"]?["type"] == "TXT")
            #expect(claim.json["record"]?["name"] == .string("_arc-verification.\(world.domain)"))
            #expect(try await world.client.get(world.path(tenant), token: user).expect(200).json == claim.json)

            let missing = try await world.post("verify", tenant, token: user).expect(409)
            #expect(missing.errorCode == "DOMAIN_NOT_PROVEN" && missing.message.contains("has no TXT record"))
            world.names.publish(
                "_arc-verification.\(world.domain)", [["arc-verification=0"], ["v=spf1 -all"]])
            let wrong = try await world.post("verify", tenant, token: user).expect(409)
            #expect(wrong.errorCode == "DOMAIN_NOT_PROVEN" && wrong.message.contains("None of the 2 TXT records"))
            #expect(try await world.state(tenant) == "WAITING")
            #expect(try await !world.listed(tenant).contains(.string(world.domain)))

            // The right text, among others, in two strings, in an answer that is cut off over UDP.
            let value = try #require(claim.json["record"]?["value"]?.stringValue)
            world.names.publish(
                "_arc-verification.\(world.domain)",
                [["v=spf1 -all"], [String(value.prefix(20)), String(value.dropFirst(20))]])
            world.names.behave(.truncate)
            let proven = try await world.post("verify", tenant, token: user).expect(200)
            #expect(proven.json["state"] == "PROVEN" && proven.json["provenBy"] == "dns")
            #expect(proven.json["record"] == nil && proven.json["nextStep"] == nil)
            #expect(try await world.listed(tenant).contains(.string(world.domain)))
            #expect(try await world.client.get(world.path(tenant), token: user).expect(200).json == proven.json)
        }
    }

    @Test func `a proof stays when its record is gone`() async throws {
        try await run { world in
            let tenant = try await world.stack.createTenantID()
            try world.publish(try await world.claim(tenant).expect(201))
            try await world.post("verify", tenant).expect(200)
            world.names.publish("_arc-verification.\(world.domain)", [])
            let lookups = world.names.datagrams
            #expect(try await world.post("verify", tenant).expect(200).json["state"] == "PROVEN")
            #expect(world.names.datagrams == lookups, "nobody has looked")
            #expect(try await world.listed(tenant).contains(.string(world.domain)))
        }
    }

    @Test func `of two tenants that prove a domain at the same time one holds it`() async throws {
        try await run { world in
            let first = try await world.stack.createTenantID()
            let second = try await world.stack.createTenantID()
            try world.publish(try await world.claim(first).expect(201), try await world.claim(second).expect(201))
            let answers = try await withThrowingTaskGroup(of: (String, TestResponse).self) { group in
                for tenant in [first, second] {
                    for _ in 0..<4 { group.addTask { (tenant, try await world.post("verify", tenant)) } }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let holders = Set(answers.filter { $0.1.status == 200 }.map(\.0))
            #expect(holders.count == 1)
            for (tenant, answer) in answers where !holders.contains(tenant) {
                #expect(answer.status == 409 && answer.errorCode == "DOMAIN_HELD", "\(answer.text)")
            }
            let holder = try #require(holders.first)
            let other = holder == first ? second : first
            // An operator sees who holds it, the other tenant only that it is held.
            let seen = try await world.client.get(world.path(other), token: world.stack.admin).expect(200)
            #expect(seen.json["state"] == "HELD" && seen.json["heldBy"] == .string(holder))
            let own = try await world.client.get("/tenants/\(other)/domains", token: try await world.user(other))
                .expect(200)
            let entry = try #require(own.json.arrayValue?.first { $0["domain"] == .string(world.domain) })
            #expect(entry["state"] == "HELD" && entry["heldBy"] == nil && entry["nextStep"] != nil)
            for action in ["verify", "approve"] {
                #expect(try await world.post(action, other).expect(409).errorCode == "DOMAIN_HELD")
            }
        }
    }

    @Test func `an operator approves and releases, and the old record proves nothing any more`() async throws {
        try await run { world in
            let first = try await world.stack.createTenantID()
            let second = try await world.stack.createTenantID()
            let old = try await world.claim(first).expect(201)
            try world.publish(old)
            for action in ["approve", "release"] {
                try await world.post(action, first, token: try await world.user(first)).expect(403)
            }
            #expect(try await world.post("release", first).expect(409).errorCode == "DOMAIN_NOT_PROVEN")
            let approved = try await world.post("approve", first).expect(200)
            #expect(approved.json["state"] == "PROVEN" && approved.json["provenBy"] == "operator")
            #expect(try await world.listed(first).contains(.string(world.domain)))

            let claim = try await world.claim(second).expect(201)
            #expect(claim.json["state"] == "HELD")
            let released = try await world.post("release", first).expect(200)
            #expect(released.json["state"] == "WAITING")
            #expect(released.json["record"]?["value"] != old.json["record"]?["value"])
            #expect(try await !world.listed(first).contains(.string(world.domain)))
            #expect(try await world.post("verify", first).expect(409).errorCode == "DOMAIN_NOT_PROVEN")

            try world.publish(claim)
            try await world.post("verify", second).expect(200)
            #expect(try await world.state(first) == "HELD")
        }
    }

    @Test func `a domain that is removed, or whose tenant is deleted, is free`() async throws {
        try await run { world in
            let first = try await world.stack.createTenantID()
            let second = try await world.stack.createTenantID()
            let claim = try await world.claim(first).expect(201)
            try world.publish(claim)
            try await world.post("verify", first).expect(200)
            let user = try await world.user(first)
            try await world.client.delete(world.path(first), token: user).expect(204)
            #expect(try await !world.listed(first).contains(.string(world.domain)))
            try await world.client.get(world.path(first), token: user).expect(404)
            try await world.client.delete(world.path(first), token: user).expect(404)
            // The record of the former claim is still there.
            let again = try await world.claim(first, token: user).expect(201)
            #expect(again.json["record"]?["value"] != claim.json["record"]?["value"])
            #expect(try await world.post("verify", first).expect(409).errorCode == "DOMAIN_NOT_PROVEN")
            try await world.post("approve", first).expect(200)

            try await world.claim(second).expect(201)
            try await world.client.delete("/tenants/\(first)", token: world.stack.admin).expect(204)
            #expect(try await world.state(second) == "WAITING")
            try await world.client.get("/tenants/\(first)/domains", token: world.stack.admin).expect(404)
            try await world.claim(first).expect(404)
        }
    }

    @Test func `the domains of a lead wait with their records`() async throws {
        try await run { world in
            let name = TestStack.uniqueKey()
            let lead = try await world.stack.validatedLead(name)
            let own = "\(name).example.com"
            let tenant = try await world.client.post(
                "/leads/\(lead.id)/tenants", ["domains": [.string(own), .string("\(world.domain).")]], token: lead.token
            ).expect(201).string("id")
            let list = try await world.client.get("/tenants/\(tenant)/domains", token: world.stack.admin).expect(200)
            let states = (list.json.arrayValue ?? []).map {
                "\($0["domain"]?.stringValue ?? "") \($0["state"]?.stringValue ?? "")"
            }
            #expect(states.sorted() == ["\(own) PROVEN", "\(world.domain) WAITING"].sorted())
            try world.publish(try await world.client.get(world.path(tenant), token: world.stack.admin))
            try await world.post("verify", tenant).expect(200)
            #expect(try await world.listed(tenant) == [.string(own), .string(world.domain)])
        }
    }

    @Test func `a domain that an operator lists while another tenant holds it is claimed`() async throws {
        try await run { world in
            let first = try await world.stack.createTenantID()
            let second = try await world.stack.createTenantID()
            // Written differently, it is the same domain.
            for (tenant, spelling) in [(first, world.domain), (second, "\(world.domain.uppercased()).")] {
                try await world.client.patch(
                    "/tenants/\(tenant)", ["domains": [.string(spelling)]], token: world.stack.admin
                ).expect(204)
            }
            #expect(try await world.state(first) == "PROVEN")
            #expect(try await world.state(second) == "HELD")
            try await world.post("release", first).expect(200)
            #expect(try await world.state(second) == "WAITING")
            try await world.post("approve", second).expect(200)
            #expect(try await world.listed(second) == [.string("\(world.domain.uppercased()).")])
            try await world.client.delete(world.path(second), token: world.stack.admin).expect(204)
            #expect(try await world.listed(second) == [])
        }
    }

    @Test func `names that nobody can hold are refused`() async throws {
        try await run { world in
            let tenant = try await world.stack.createTenantID()
            for invalid in [
                "acme", "com.", "1.2.3.4", "acme.123", "-a.com", "a_b.com", "ab--cd.com", "xn--.com", "xn--a!.com",
                "münchen.de", "a..com", String(repeating: "a.", count: 118) + "com",
            ] {
                #expect(try await world.claim(tenant, invalid).expect(422).text.contains("/domain"), "\(invalid)")
            }
            for shared in ["gmail.com", "GMX.de.", "co.uk", "github.io", "anything.ck", "xn--55qx5d.cn"] {
                let refused = try await world.claim(tenant, shared).expect(409)
                #expect(refused.errorCode == "DOMAIN_PUBLIC", "\(shared)")
            }
            for (sent, stored) in [("Xn--Mnchen-3ya.DE.", "xn--mnchen-3ya.de"), ("www.ck", "www.ck")] {
                #expect(try await world.claim(tenant, sent).expect(201).json["domain"] == .string(stored))
                #expect(try await world.claim(tenant, sent).expect(409).errorCode == "DOMAIN_EXISTS")
            }
        }
    }

    @Test func `a tenant claims a limited number of domains`() async throws {
        try await run { world in
            let tenant = try await world.stack.createTenantID()
            _ = try await world.stack.database(.tenantManagement).query(
                """
                INSERT INTO main.tenant_domains (tenant_id, domain)
                SELECT $1::uuid, 'd' || number || '.example.net' FROM generate_series(1, 99) AS number
                """, [.text(tenant)])
            #expect(try await world.claim(tenant).expect(409).errorCode == "TOO_MANY_DOMAINS")
        }
    }

    @Test func `a name server that fails changes nothing, and is not the service's failure`() async throws {
        try await run { world in
            let tenant = try await world.stack.createTenantID()
            let claim = try await world.claim(tenant).expect(201)
            try world.publish(claim)
            // Only the lookup that gets no answer waits for its deadline.
            let impatient = try await world.stack.startNode(
                .tenantManagement, environment: ["DNS_TIMEOUT_MILLIS": "300"])
            for (behavior, client, words) in [
                (FakeNameServer.Behavior.fail(2), world.client, "SERVFAIL"), (.silence, impatient.client, "in time"),
                (.garble, world.client, "invalid message"),
            ] {
                world.names.behave(behavior)
                let failed = try await client.post(world.path(tenant, nil, "verify"), token: world.stack.admin)
                    .expect(409)
                #expect(failed.errorCode == "DOMAIN_LOOKUP_FAILED" && failed.message.contains(words), "\(failed.text)")
            }
            world.names.behave(.forge)
            #expect(try await world.post("verify", tenant).expect(409).errorCode == "DOMAIN_NOT_PROVEN")
            #expect(try await world.state(tenant) == "WAITING")
            world.names.behave(.answer)
            try await world.post("verify", tenant).expect(200)
        }
    }

    @Test func `lookups for a tenant are limited`() async throws {
        try await run(environment: ["DOMAIN_VERIFY_MAX_ATTEMPTS": "2"]) { world in
            let tenant = try await world.stack.createTenantID()
            let other = try await world.stack.createTenantID()
            try await world.claim(tenant).expect(201)
            for _ in 0..<2 { try await world.post("verify", tenant).expect(409) }
            let limited = try await world.post("verify", tenant).expect(429)
            #expect(Int(limited.headers["retry-after"] ?? "") ?? 0 > 0)
            #expect(world.names.datagrams == 2)
            try await world.post("verify", other).expect(404)
        }
    }

    @Test func `the domains of another tenant do not exist`() async throws {
        try await run { world in
            let tenant = try await world.stack.createTenantID()
            let user = try await world.user(try await world.stack.createTenantID())
            try world.publish(try await world.claim(tenant).expect(201))
            try await world.client.get("/tenants/\(tenant)/domains", token: user).expect(404)
            try await world.client.get(world.path(tenant), token: user).expect(404)
            try await world.client.delete(world.path(tenant), token: user).expect(404)
            try await world.claim(tenant, "other.example.net", token: user).expect(404)
            try await world.post("verify", tenant, token: user).expect(404)
            #expect(try await world.state(tenant) == "WAITING" && world.names.datagrams == 0)
        }
    }
}
