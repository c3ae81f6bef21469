import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import ServiceKit
import StackTestSupport
import Testing

/// What strangers can do with the operations that are open to everybody.
@Suite struct LeadAbuseTests {
    @Test func `a registered address gets the same response as an unknown one, and its owner a mail`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let name = TestStack.uniqueKey()
            let unknown = try await client.post("/leads", .object(TestStack.leadBody(name))).expect(201)
            let lead = try unknown.string("id")
            let key = try await stack.mails.key(ofLead: lead)
            try await client.post("/leads/\(lead)/verify", token: key).expect(200)
            let known = try await client.post("/leads", .object(TestStack.leadBody(name))).expect(201)
            #expect(known.json.objectValue?.keys == unknown.json.objectValue?.keys)
            #expect(Set(known.headers.keys) == Set(unknown.headers.keys))
            let mail = try await stack.mails.mail(containing: "registered and confirmed already")
            #expect(mail.contains("ann@\(name).example.com") && !mail.contains("code="))
            try await client.get("/leads/\(try known.string("id"))", token: stack.admin).expect(200)
        }
    }

    @Test func `names with links, line breaks or hidden characters are refused wherever they enter`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            for hostile in ["see http://evil.example", "www.evil.example", "a\nb", "\u{202E}nnA", "a\u{2028}b"] {
                for field in ["firstName", "lastName", "companyName"] {
                    var body = TestStack.leadBody(TestStack.uniqueKey())
                    body[field] = .string(hostile)
                    let answer = try await client.post("/leads", .object(body))
                    #expect(answer.status == 422 && answer.violations == ["/\(field): pattern"], "\(answer.text)")
                }
                var tenant = TestStack.tenantBody()
                tenant["name"] = .string(hostile)
                let refused = try await client.post("/tenants", .object(tenant), token: stack.admin)
                #expect(refused.status == 422 && refused.violations == ["/name: pattern"], "\(refused.text)")
                let contact: JSONValue = [
                    "firstName": .string(hostile), "lastName": "Lee", "email": "ann@acme.com", "isPrimary": true,
                    "tenantId": .string(try await stack.createTenantID()),
                ]
                let second = try await client.post("/contacts", contact, token: stack.admin)
                #expect(second.status == 422 && second.violations == ["/firstName: pattern"], "\(second.text)")
            }
        }
    }

    @Test func `registrations are limited for each mailbox, whoever sends them`() async throws {
        let limits = ["LEAD_MAILS_PER_ADDRESS": "2", "TRUSTED_PROXIES": "127.0.0.1"]
        try await TestStack.run([.tenantManagement], environment: limits) { stack in
            let name = TestStack.uniqueKey()
            var statuses: [Int] = []
            for number in 0..<4 {
                var body = TestStack.leadBody(name)
                body["email"] = .string("ANN+\(number)@\(name).example.com")
                let answer = try await stack.tenantManagement.send(
                    "POST", "/leads", .object(body), headers: ["x-forwarded-for": "203.0.113.\(number)"])
                statuses.append(answer.status)
                if answer.status == 429 { #expect(Int(answer.headers["retry-after"] ?? "") ?? 0 > 0) }
            }
            #expect(statuses == [201, 201, 429, 429])
            let other = TestStack.leadBody(TestStack.uniqueKey())
            try await stack.tenantManagement.post("/leads", .object(other)).expect(201)
        }
    }

    @Test func `keys of one lead cannot be tried from many addresses, nor IPv6 addresses of one network`() async throws
    {
        let limits = [
            "PUBLIC_API_MAX_ATTEMPTS": "3", "LEAD_VERIFY_MAX_ATTEMPTS": "3", "TRUSTED_PROXIES": "127.0.0.1",
        ]
        try await TestStack.run([.tenantManagement], environment: limits) { stack in
            func verify(_ lead: String, from address: String) async throws -> Int {
                try await stack.tenantManagement.send(
                    "POST", "/leads/\(lead)/verify", token: "0123456789abcdef", headers: ["x-forwarded-for": address]
                ).status
            }
            let lead = Identifier.v4().description
            var statuses: [Int] = []
            for number in 0..<5 { statuses.append(try await verify(lead, from: "203.0.113.\(number)")) }
            #expect(statuses.prefix(3) == [401, 401, 401] && statuses.contains(429))
            statuses = []
            for number in 0..<5 {
                let address = "2001:db8:7:7::\(number + 1)"
                statuses.append(try await verify(Identifier.v4().description, from: address))
            }
            #expect(statuses.prefix(3) == [401, 401, 401] && statuses.contains(429))
        }
    }

    @Test func `an idempotency key of a stranger is good in his whole IPv6 network, and nowhere else`() async throws {
        try await TestStack.run([.tenantManagement], environment: ["TRUSTED_PROXIES": "127.0.0.1"]) { stack in
            let body: JSONValue = .object(TestStack.leadBody(TestStack.uniqueKey()))
            func register(from address: String) async throws -> TestResponse {
                try await stack.tenantManagement.send(
                    "POST", "/leads", body, headers: ["x-forwarded-for": address, "idempotency-key": "k1"]
                ).expect(201)
            }
            let first = try await register(from: "2001:db8:7:8::1")
            let again = try await register(from: "2001:db8:7:8:ffff::2")
            #expect(again.headers["idempotency-replayed"] == "true" && again.text == first.text)
            let other = try await register(from: "2001:db8:7:9::1")
            #expect(other.headers["idempotency-replayed"] == nil)
        }
    }

    @Test func `reserved keys are refused for everybody`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            for key in ["admin", "www", "api", "master", "postgres"] {
                let answer = try await client.post(
                    "/tenants", .object(TestStack.tenantBody(key: key)), token: stack.admin)
                #expect(answer.status == 422 && answer.violations == ["/key: reserved"], "\(answer.text)")
            }
            let tenant = try await stack.createTenantID()
            let renamed = try await client.patch("/tenants/\(tenant)", ["key": "admin"], token: stack.admin)
            #expect(renamed.status == 422 && renamed.violations == ["/key: reserved"], "\(renamed.text)")
            var unnamed = TestStack.tenantBody()
            unnamed["key"] = nil
            unnamed["name"] = "Admin"
            let made = try await client.post("/tenants", .object(unnamed), token: stack.admin).expect(201)
            #expect(made.json["key"]?.stringValue?.hasPrefix("admin") == true && made.json["key"] != "admin")
        }
        try await TestStack.run([.tenantManagement], environment: ["TENANT_RESERVED_KEYS": "acme, Shop"]) { stack in
            let client = stack.tenantManagement
            for (key, status) in [("acme", 422), ("shop", 422), ("admin", 201)] {
                try await client.post("/tenants", .object(TestStack.tenantBody(key: key)), token: stack.admin)
                    .expect(status)
            }
        }
    }

    @Test func `a lead has the domain that its e-mail proves, once, and none of a mail provider`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let domain = "\(TestStack.uniqueKey()).example.com"
            func onboard(_ email: String, _ domains: [JSONValue]) async throws -> JSONValue {
                var body = TestStack.leadBody(TestStack.uniqueKey())
                body["email"] = .string(email)
                let (lead, token) = try await stack.validatedLead("", body: body)
                return try await client.post(
                    "/leads/\(lead)/tenants", ["key": .string(TestStack.uniqueKey()), "domains": .array(domains)],
                    token: token
                ).expect(201).json
            }
            let first = try await onboard("ann@\(domain)", [.string(domain), "bank.example"])
            #expect(first["domains"] == [.string(domain)])
            let second = try await onboard("bob@\(domain)", [.string(domain)])
            #expect(second["domains"] == [], "the first one holds it")
            let third = try await onboard("\(TestStack.uniqueKey())@gmail.com", ["gmail.com", "bank.example"])
            #expect(third["domains"] == [])
            let database = try stack.database(.tenantManagement)
            func rows() async throws -> [String] {
                try await database.texts(
                    """
                    SELECT concat_ws(' ', domain, coalesce(proven_by, 'waiting'), tenant_id) FROM main.tenant_domains
                    ORDER BY domain, proven_by, created_on, tenant_id
                    """)
            }
            let ids = try [first, second, third].map { try #require($0["id"]?.stringValue) }
            #expect(
                Set(try await rows()) == [
                    "\(domain) email \(ids[0])", "\(domain) waiting \(ids[1])", "bank.example waiting \(ids[0])",
                    "bank.example waiting \(ids[2])",
                ])
            // An operator's word is a proof, for one of them.
            for id in [ids[0], ids[2]] {
                try await client.patch(
                    "/tenants/\(id)", ["domains": [.string(domain), "bank.example"]], token: stack.admin
                ).expect(204)
            }
            #expect(
                Set(try await rows()) == [
                    "\(domain) email \(ids[0])", "\(domain) waiting \(ids[1])", "\(domain) waiting \(ids[2])",
                    "bank.example operator \(ids[0])", "bank.example waiting \(ids[2])",
                ])
            // Who goes gives it back.
            try await client.delete("/tenants/\(ids[0])", token: stack.admin).expect(204)
            let fourth = try await onboard("eve@\(domain)", [.string(domain)])
            #expect(fourth["domains"] == [.string(domain)])
        }
    }

    @Test func `leads that never prove their address are forgotten`() async throws {
        let clock = ManualClock(SystemClock().now())
        try await TestStack.run([.tenantManagement], environment: ["LEAD_RETENTION_DAYS": "2"], clock: clock) { stack in
            var body = TestStack.leadBody(TestStack.uniqueKey())
            body["address"] = ["country": "India", "city": "Pune"]
            let old = try await stack.tenantManagement.post("/leads", .object(body)).expect(201).string("id")
            let (proven, _) = try await stack.validatedLead(TestStack.uniqueKey())
            let database = try stack.database(.tenantManagement)
            _ = try await database.texts(
                "UPDATE main.leads SET created_on = created_on - interval '3 days' RETURNING id::text")
            _ = try await database.texts(
                "UPDATE main.lead_retention SET since = since - interval '3 days' RETURNING since::text")
            let young = try await stack.tenantManagement.post(
                "/leads", .object(TestStack.leadBody(TestStack.uniqueKey()))
            ).expect(201).string("id")
            // A node purges when it starts.
            try await stack.startNode(.tenantManagement)
            try await eventually("the old lead is gone") {
                try await database.texts("SELECT id::text FROM main.leads WHERE id = $1::uuid", [.text(old)]).isEmpty
            }
            #expect(Set(try await database.texts("SELECT id::text FROM main.leads")) == [proven, young])
            #expect(try await database.texts("SELECT id::text FROM main.addresses").isEmpty)
            #expect(
                try await database.texts(
                    "SELECT lead_id::text FROM main.lead_keys WHERE lead_id = $1::uuid", [.text(old)]
                )
                .isEmpty)
        }
    }
}
