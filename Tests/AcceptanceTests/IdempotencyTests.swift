import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import Testing

/// Requests that their client has named: however often they are sent, and whatever breaks in between, one effect.
@Suite struct IdempotencyTests {
    private func key() -> [String: String] { ["idempotency-key": Identifier.v4().description] }

    private func tenants(_ stack: TestStack) async throws -> Int {
        try await stack.database(.tenantManagement).count("SELECT count(*) FROM main.tenants")
    }

    @Test func `a repetition gets the response of the first request`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let body = JSONValue.object(TestStack.tenantBody())
            let headers = key()
            let first = try await client.send("POST", "/tenants", body, token: stack.admin, headers: headers).expect(
                201)
            #expect(first.headers["idempotency-replayed"] == nil)
            for _ in 0..<3 {
                let again = try await client.send("POST", "/tenants", body, token: stack.admin, headers: headers)
                    .expect(201)
                #expect(again.bytes == first.bytes && again.headers["idempotency-replayed"] == "true")
                #expect(again.headers["location"] == first.headers["location"])
                #expect(again.headers["etag"] == first.headers["etag"])
            }
            #expect(try await tenants(stack) == 1)
            let reused = try await client.send(
                "POST", "/tenants", .object(TestStack.tenantBody()), token: stack.admin, headers: headers)
            #expect(reused.status == 422 && reused.errorCode == "IDEMPOTENCY_KEY_REUSED")
            let elsewhere = try await client.send(
                "POST", "/contacts", [:], token: stack.admin, headers: headers)
            #expect(elsewhere.status == 422)
            // Somebody else's key of the same name is another key.
            let other = try await stack.tokens.operatorToken()
            try await client.send("POST", "/tenants", body, token: other, headers: headers).expect(409)
            for wrong in ["", String(repeating: "k", count: 256)] {
                let refused = try await client.send(
                    "POST", "/tenants", body, token: stack.admin, headers: ["idempotency-key": wrong])
                #expect(refused.status == 400 && refused.violations == ["/Idempotency-Key: invalid"])
            }
            #expect(try await tenants(stack) == 1)
        }
    }

    /// The tenant of a customer is named in a header.
    @Test func `the tenantId header belongs to the fingerprint of a request`() async throws {
        try await TestStack.run([.subscription]) { stack in
            let named = key()
            let send = { (tenant: Identifier) in
                try await stack.subscription.send(
                    "POST", "/billing-customer", ["firstName": "Ann"], token: stack.admin,
                    headers: named.merging(["tenantid": tenant.description, "prefer": "x"]) { $1 })
            }
            let (one, other) = (Identifier.v4(), Identifier.v4())
            let first = try await send(one).expect(201)
            let again = try await send(one).expect(201)
            #expect(again.bytes == first.bytes && again.headers["idempotency-replayed"] == "true")
            #expect(again.headers["etag"] == first.headers["etag"] && first.headers["etag"] != nil)
            let reused = try await send(other)
            #expect(reused.status == 422 && reused.errorCode == "IDEMPOTENCY_KEY_REUSED", "\(reused.text)")
            #expect(
                try await stack.database(.subscription).count("SELECT count(*) FROM main.billing_customer") == 1)
        }
    }

    /// Who has not said who he is is known by his address.
    @Test func `anonymous callers are distinguished by their address`() async throws {
        try await TestStack.run([.tenantManagement], environment: ["TRUSTED_PROXIES": "127.0.0.1"]) { stack in
            let named = key()
            let send = { (address: String, body: JSONObject) in
                try await stack.tenantManagement.send(
                    "POST", "/leads", .object(body), headers: named.merging(["x-forwarded-for": address]) { $1 })
            }
            let body = TestStack.leadBody(TestStack.uniqueKey())
            let other = TestStack.leadBody(TestStack.uniqueKey())
            let first = try await send("192.0.2.1", body).expect(201)
            let again = try await send("192.0.2.1", body).expect(201)
            #expect(again.bytes == first.bytes && again.headers["idempotency-replayed"] == "true")
            let reused = try await send("192.0.2.1", other)
            #expect(reused.status == 422 && reused.errorCode == "IDEMPOTENCY_KEY_REUSED", "\(reused.text)")
            let elsewhere = try await send("192.0.2.2", other).expect(201)
            #expect(elsewhere.headers["idempotency-replayed"] == nil)
            #expect(try await stack.database(.tenantManagement).count("SELECT count(*) FROM main.leads") == 2)
        }
    }

    @Test func `a failed request releases its key`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let headers = key()
            let wrong: JSONValue = ["name": "x"]
            try await client.send("POST", "/tenants", wrong, token: stack.admin, headers: headers).expect(422)
            var body = TestStack.tenantBody()
            let taken = try await client.send("POST", "/tenants", .object(body), token: stack.admin, headers: key())
                .expect(201)
            #expect(taken.status == 201)
            try await client.send("POST", "/tenants", .object(body), token: stack.admin, headers: headers).expect(409)
            body["key"] = .string(TestStack.uniqueKey())
            try await client.send("POST", "/tenants", .object(body), token: stack.admin, headers: headers).expect(201)
            #expect(try await tenants(stack) == 2)
        }
    }

    @Test func `concurrent requests with one key run once`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let body = JSONValue.object(TestStack.tenantBody())
            let headers = key()
            let answers = try await withThrowingTaskGroup(of: TestResponse.self) { group in
                for _ in 0..<16 {
                    group.addTask {
                        try await stack.tenantManagement.send(
                            "POST", "/tenants", body, token: stack.admin, headers: headers)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let created = answers.filter { $0.status == 201 }
            #expect(!created.isEmpty && Set(created.map(\.text)).count == 1)
            for busy in answers where busy.status != 201 {
                #expect(busy.status == 409 && busy.errorCode == "IDEMPOTENCY_IN_PROGRESS")
                #expect(busy.headers["retry-after"] != nil)
            }
            #expect(try await tenants(stack) == 1)
        }
    }

    /// A process that died right behind the commit has left an effect and no answer.
    @Test func `a lost response is given again`() async throws {
        try await TestStack.run([.tenantManagement, .subscription]) { stack in
            let tenantBody = JSONValue.object(TestStack.tenantBody())
            let lead = try await stack.tenantManagement.post(
                "/leads", .object(TestStack.leadBody(TestStack.uniqueKey()))
            )
            .expect(201).string("id")
            let leadKey = try await stack.mails.key(ofLead: lead)
            let tenant = try await stack.createTenantID()
            let subscription: JSONValue = [
                "subscriberId": .string(tenant), "planId": .string(try await stack.plan(tier: "PREMIUM")), "status": 1,
            ]
            let cases: [(TestStack.ServiceKind, String, JSONValue?, String?)] = [
                (.tenantManagement, "/tenants", tenantBody, stack.admin),
                (.tenantManagement, "/leads", .object(TestStack.leadBody(TestStack.uniqueKey())), nil),
                (.tenantManagement, "/leads/\(lead)/verify", nil, leadKey),
                (
                    .tenantManagement, "/contacts",
                    [
                        "firstName": "Bo", "lastName": "Ek", "email": "b@acme.com", "isPrimary": false,
                        "tenantId": .string(tenant),
                    ], stack.admin
                ),
                (.subscription, "/plan-sizes", ["size": "Z"], stack.admin),
                (.subscription, "/subscriptions", subscription, stack.admin),
            ]
            for (kind, path, body, token) in cases {
                let headers = key()
                let first = try await stack.client(kind).send("POST", path, body, token: token, headers: headers)
                #expect((200...201).contains(first.status), "\(path): \(first.text)")
                let database = try stack.database(kind.database)
                try await database.query(
                    """
                    UPDATE main.idempotency_keys
                    SET status = NULL, answer = NULL, location = NULL, media_type = NULL, etag = NULL
                    """)
                // The answer may still be on its way.
                let early = try await stack.client(kind).send("POST", path, body, token: token, headers: headers)
                #expect(early.status == 409 && early.errorCode == "IDEMPOTENCY_IN_PROGRESS", "\(path): \(early.text)")
                #expect(early.headers["retry-after"].flatMap { Int($0) }.map { (1...60).contains($0) } == true)
                try await database.query("UPDATE main.idempotency_keys SET claimed_until = created_on")
                let counted = "SELECT count(*) FROM main.\(path.split(separator: "/")[0].replacing("-", with: "_"))"
                let rows = try await database.count(counted)
                for _ in 0..<2 {
                    let again = try await stack.client(kind).send("POST", path, body, token: token, headers: headers)
                    #expect(again.status == first.status && again.headers["idempotency-replayed"] == "true", "\(path)")
                    #expect(again.json["id"] == first.json["id"], "\(path): \(again.text)")
                    #expect(again.headers["location"] == first.headers["location"])
                    let members = Set(again.json.objectValue?.keys ?? [])
                    #expect(members.isSuperset(of: first.json.objectValue?.keys ?? []), "\(path)")
                }
                #expect(try await database.count(counted) == rows, "\(path)")
            }
        }
    }

    /// A process that died before its commit has left a claim and no effect; when the claim's time is over, the request
    /// is carried out.
    @Test func `a claim expires`() async throws {
        let clock = ManualClock(SystemClock().now())
        try await TestStack.run([.tenantManagement], clock: clock) { stack in
            let body = JSONValue.object(TestStack.tenantBody())
            let headers = key()
            let send = {
                try await stack.tenantManagement.send("POST", "/tenants", body, token: stack.admin, headers: headers)
            }
            let database = try stack.database(.tenantManagement)
            try await send().expect(201)
            for table in ["provisionings", "contacts", "tenants"] {
                try await database.query("DELETE FROM main.\(table)")
            }
            try await database.query(
                "UPDATE main.idempotency_keys SET status = NULL, answer = NULL, applied_on = NULL, resource_id = NULL")
            let busy = try await send().expect(409)
            #expect(busy.headers["retry-after"].flatMap { Int($0) }.map { (1...60).contains($0) } == true)
            clock.advance(by: .seconds(61))
            try await send().expect(201)
            #expect(try await tenants(stack) == 1)
            // The key's age starts anew, so that it is kept long enough after its effect.
            #expect(
                try await database.count(
                    "SELECT count(*) FROM main.idempotency_keys WHERE created_on >= $1", [.timestamp(clock.now())]) == 1
            )
        }
    }

    /// Somebody who came when the claim had run out has made the answer again before the one who carried it out kept his.
    @Test func `the first response is the one that is kept`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let database = try stack.database(.tenantManagement)
            try await database.query(
                """
                CREATE FUNCTION main.recover() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN NEW.status := 201; NEW.location := '/recovered'; RETURN NEW; END $$
                """)
            try await database.query(
                """
                CREATE TRIGGER recover BEFORE UPDATE ON main.idempotency_keys FOR EACH ROW
                WHEN (OLD.applied_on IS NULL AND NEW.applied_on IS NOT NULL) EXECUTE FUNCTION main.recover()
                """)
            let body = JSONValue.object(TestStack.tenantBody())
            let headers = key()
            let send = {
                try await stack.tenantManagement.send("POST", "/tenants", body, token: stack.admin, headers: headers)
            }
            let first = try await send().expect(201)
            let again = try await send().expect(201)
            #expect(again.bytes == first.bytes && again.headers["idempotency-replayed"] == "true")
            #expect(again.headers["location"] == first.headers["location"])
        }
    }

    /// The first process was only slow: its transaction must not come true beside the other's.
    @Test func `a request that lost its claim changes nothing`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let database = try stack.database(.tenantManagement)
            // Whoever claims a key loses it when the claim is committed, so before the transaction of the effect.
            try await database.query(
                """
                CREATE FUNCTION main.lose() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    UPDATE main.idempotency_keys SET claim = gen_random_uuid() WHERE key_hash = NEW.key_hash;
                    RETURN NULL;
                END $$
                """)
            try await database.query(
                """
                CREATE CONSTRAINT TRIGGER lose AFTER INSERT ON main.idempotency_keys DEFERRABLE INITIALLY DEFERRED
                    FOR EACH ROW EXECUTE FUNCTION main.lose()
                """)
            let refused = try await stack.tenantManagement.send(
                "POST", "/tenants", .object(TestStack.tenantBody()), token: stack.admin, headers: key())
            #expect(refused.status == 409 && refused.errorCode == "IDEMPOTENCY_IN_PROGRESS", "\(refused.text)")
            #expect(try await tenants(stack) == 0)
        }
    }

    /// POSTs without a key: a session ends once, a preview and a token have no effect, events of usage have their own ids, and a
    /// reservation is committed or released once.
    private static let withoutKey: Set = [
        "/auth/logout", "/billing-preview", "/usage-events", "/entitlements/{tenantId}/token",
        "/entitlements/{tenantId}/reservations/{reservationId}/commit",
        "/entitlements/{tenantId}/reservations/{reservationId}/release",
    ]

    /// Every POST that a client may repeat takes a key. The callbacks know a repetition by themselves.
    @Test(arguments: WalkTests.kinds) func `every POST accepts a key`(_ kind: TestStack.ServiceKind) async throws {
        try await TestStack.run([kind]) { stack in
            let document = try await stack.client(kind).get("/openapi.json").expect(200).json
            for (path, methods) in document["paths"]?.objectValue ?? [:] {
                guard let post = methods["post"] else { continue }
                let scheme = post["security"]?[0]?.objectValue?.keys.first
                let names = (post["parameters"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
                let needsNone =
                    ["WebhookSignature", "HTTPBasic"].contains(scheme) || Self.withoutKey.contains(path)
                #expect(names.contains("Idempotency-Key") == !needsNone, "POST \(path)")
            }
        }
    }

    @Test func `responses that may contain secrets are sealed`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let lead = try await stack.tenantManagement.post(
                "/leads", .object(TestStack.leadBody(TestStack.uniqueKey()))
            )
            .expect(201).string("id")
            let key = try await stack.mails.key(ofLead: lead)
            let token = try await stack.tenantManagement.send(
                "POST", "/leads/\(lead)/verify", token: key, headers: self.key()
            ).expect(200).string("token")
            let stored = try await stack.database(.tenantManagement).texts(
                "SELECT encode(answer, 'escape') FROM main.idempotency_keys WHERE answer IS NOT NULL")
            #expect(stored.count == 1 && !stored[0].contains(token) && !stored[0].contains(lead))
        }
    }
}
