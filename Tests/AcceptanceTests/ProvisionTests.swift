import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import Testing

/// `POST /tenants/{id}/provision` and what subscriptions set going (docs/contract/arc-api.md 5.4, 12.5; issue points 4
/// to 6).
@Suite struct ProvisionTests {
    private let waiting = ["PROVISION_ON_CREATE": "false"]

    @Test func `provisioning needs a valid plan, a permission and a tenant that may be provisioned`() async throws {
        try await TestStack.run([.tenantManagement], environment: waiting) { stack in
            let client = stack.tenantManagement
            let id = try await stack.createTenantID()
            #expect(try await stack.status(ofTenant: id) == 1)
            let path = "/tenants/\(id)/provision"
            for body: JSONValue in [[:], ["id": ""], ["plan": ["tier": "BASIC"]]] {
                let answer = try await client.post(path, body, token: stack.admin)
                #expect(answer.status == 400 && answer.message == "Subscription ID is required")
            }
            for body: JSONValue in [
                ["id": "1"], ["id": "1", "plan": [:]], ["id": "1", "plan": ["metaData": [:]]],
                ["id": "1", "plan": ["tier": 7]],
            ] {
                let answer = try await client.post(path, body, token: stack.admin)
                #expect(answer.status == 400 && answer.message.contains("plan.tier"), "\(answer.text)")
            }
            #expect(try await stack.status(ofTenant: id) == 1, "nothing was changed before everything was checked")
            let body: JSONValue = ["id": "1", "plan": ["tier": "Standard"]]
            try await client.post(path, body, token: stack.admin).expect(204)
            #expect(try await stack.status(ofTenant: id) == 2)
            try await client.post(path, body, token: stack.admin).expect(204)
            try await client.post(path, ["id": "2", "plan": ["tier": "Standard"]], token: stack.admin).expect(409)
            try await client.post("/tenants/\(Identifier.v4())/provision", body, token: stack.admin).expect(404)
            let hook = try await TestWebhook.of(id, stack)
            try await hook.send().expect(204)
            try await client.post(path, body, token: stack.admin).expect(409)
            let database = try stack.database(.tenantManagement)
            #expect(
                try await database.count("SELECT count(*) FROM main.outbox WHERE type = 'TENANT_PROVISIONING'") == 1)
        }
    }

    @Test func `of concurrent requests to provision one succeeds`() async throws {
        try await TestStack.run([.tenantManagement], environment: waiting) { stack in
            let id = try await stack.createTenantID()
            let statuses = await concurrently(12, width: 12) { index in
                try? await stack.tenantManagement.post(
                    "/tenants/\(id)/provision", ["id": .string("\(index)"), "plan": ["tier": "BASIC"]],
                    token: stack.admin
                ).status
            }
            #expect(statuses.count { $0 == 204 } == 1)
            #expect(statuses.count { $0 == 409 } == 11)
            let database = try stack.database(.tenantManagement)
            #expect(
                try await database.count("SELECT count(*) FROM main.outbox WHERE type = 'TENANT_PROVISIONING'") == 1)
        }
    }

    @Test func `concurrent requests for one subscription all succeed and provision once`() async throws {
        try await TestStack.run([.tenantManagement], environment: waiting) { stack in
            let id = try await stack.createTenantID()
            let statuses = await concurrently(12, width: 12) { _ in
                try? await stack.tenantManagement.post(
                    "/tenants/\(id)/provision", ["id": "1", "plan": ["tier": "BASIC"]], token: stack.admin
                ).status
            }
            #expect(statuses == Array(repeating: 204, count: 12))
            let database = try stack.database(.tenantManagement)
            #expect(
                try await database.count("SELECT count(*) FROM main.outbox WHERE type = 'TENANT_PROVISIONING'") == 1)
        }
    }

    @Test func `an active subscription provisions once, however often its event is delivered`() async throws {
        try await TestStack.run([.tenantManagement, .subscription], environment: waiting) { stack in
            let id = try await stack.createTenantID()
            let plan = try await stack.plan(tier: "PREMIUM")
            let created = try await stack.subscription.post(
                "/subscriptions", ["subscriberId": .string(id), "planId": .string(plan), "status": 1],
                token: stack.admin
            ).expect(201)
            let subscription = try created.string("id")
            try await eventually("the tenant is being provisioned") { try await stack.status(ofTenant: id) == 2 }
            for _ in 0..<3 { try await stack.data.redeliverEverything() }
            let events = try await stack.database(.tenantManagement).texts(
                "SELECT data::text FROM main.outbox WHERE type = 'TENANT_PROVISIONING'")
            #expect(events.count == 1)
            let data = try JSONValue.parse(Array(events[0].utf8))
            #expect(data["subscription"]?["id"]?.stringValue == subscription)
            #expect(data["subscription"]?["plan"]?["tier"] == "PREMIUM")
            let invoice = try await stack.subscription.get("/subscriptions/\(subscription)/invoice", token: stack.admin)
                .expect(200)
            #expect(invoice.json["invoiceStatus"] == "draft" && invoice.json["total"] == 15_000)
            #expect(invoice.json["lines"]?.arrayValue?.count == 1)
        }
    }

    @Test func `a plan that no event could carry is refused`() async throws {
        try await TestStack.run([.tenantManagement], environment: waiting) { stack in
            let id = try await stack.createTenantID()
            let path = "/tenants/\(id)/provision"
            let large = JSONValue.string(String(repeating: "x", count: 250_000))
            var deep: JSONValue = 1
            for _ in 0..<59 { deep = [deep] }
            for value in [large, deep] {
                let answer = try await stack.tenantManagement.post(
                    path, ["id": "1", "plan": ["tier": "BASIC", "x": value]], token: stack.admin)
                #expect(answer.status == 422, "\(answer.text)")
                #expect(answer.details.contains { $0["path"] == "/plan" }, "\(answer.text)")
            }
            #expect(try await stack.status(ofTenant: id) == 1)
            // As deep as may be: the orchestrator's reader takes it.
            var allowed: JSONValue = 1
            for _ in 0..<58 { allowed = [allowed] }
            try await stack.tenantManagement.post(
                path, ["id": "1", "plan": ["tier": "BASIC", "x": allowed]], token: stack.admin
            ).expect(204)
            let event = try await stack.database(.tenantManagement).texts(
                "SELECT data::text FROM main.outbox WHERE type = 'TENANT_PROVISIONING'")
            #expect(throws: Never.self) { try JSONValue.parse(Array(event[0].utf8)) }
        }
    }

    @Test func `a tenant with many contacts is provisioned with the primary ones`() async throws {
        try await TestStack.run([.tenantManagement], environment: waiting) { stack in
            let id = try await stack.createTenantID()
            let database = try stack.database(.tenantManagement)
            try await database.query(
                """
                INSERT INTO main.contacts (first_name, last_name, email, is_primary, tenant_id)
                SELECT repeat('x', 100), repeat('y', 100), n || '@acme.com', n = 500, $1::uuid
                FROM generate_series(1, 500) AS n
                """, [.text(id)])
            try await stack.tenantManagement.post(
                "/tenants/\(id)/provision", ["id": "1", "plan": ["tier": "BASIC"]], token: stack.admin
            ).expect(204)
            let events = try await database.texts(
                "SELECT data::text FROM main.outbox WHERE type = 'TENANT_PROVISIONING'")
            let data = try JSONValue.parse(Array(events[0].utf8))
            let contacts = data["tenant"]?["contacts"]?.arrayValue ?? []
            #expect(contacts.count == 50)
            #expect(contacts.prefix(2).allSatisfy { $0["isPrimary"] == true })
            #expect(contacts.contains { $0["email"] == "500@acme.com" })
        }
    }

    @Test func `a tenant that was taken out of provisioning can be provisioned again`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let first = try await TestWebhook.begin(stack)
            let path = "/tenants/\(first.tenant)"
            try await stack.tenantManagement.patch(path, ["status": 3], token: stack.admin).expect(204)
            let body: JSONValue = ["id": "1", "plan": ["tier": "BASIC"]]
            try await stack.tenantManagement.post(path + "/provision", body, token: stack.admin).expect(204)
            #expect(try await first.status() == 2)
            let database = try stack.database(.tenantManagement)
            #expect(
                try await database.texts("SELECT status::text FROM main.provisionings ORDER BY requested_on")
                    == ["2", "0"])
            try await first.send().expect(401)
            try await TestWebhook.of(first.tenant, stack).send().expect(204)
            #expect(try await first.status() == 0)
        }
    }

    @Test func `a suspended tenant is not activated by subscribing`() async throws {
        try await TestStack.run([.tenantManagement, .subscription], environment: waiting) { stack in
            let id = try await stack.createTenantID()
            try await stack.tenantManagement.patch("/tenants/\(id)", ["status": 5], token: stack.admin).expect(204)
            let user = try await stack.tokens.userToken(tenant: id)
            let plan = try await stack.plan(tier: "STANDARD")
            try await eventually("the subscription service knows of it") {
                try await stack.database(.subscription).count(
                    "SELECT count(*) FROM main.known_tenants WHERE is_blocked") == 1
            }
            let refused = try await stack.subscription.post(
                "/subscriptions", ["subscriberId": .string(id), "planId": .string(plan), "status": 1],
                token: stack.admin
            ).expect(409)
            #expect(refused.json["error"]?["code"] == "TENANT_STATE")
            #expect(try await stack.status(ofTenant: id) == 5)
            let body: JSONValue = ["id": "1", "plan": ["tier": "BASIC"]]
            try await stack.tenantManagement.post("/tenants/\(id)/provision", body, token: user).expect(403)
            try await stack.tenantManagement.post("/tenants/\(id)/provision", body, token: stack.admin).expect(204)
        }
    }

    @Test func `the quota holds, however many subscribe at the same time`() async throws {
        try await TestStack.run(
            [.tenantManagement, .subscription],
            environment: ["SUBSCRIPTION_QUOTA": "3", "PROVISION_ON_CREATE": "false"]
        ) { stack in
            let id = try await stack.createTenantID()
            let plan = try await stack.plan(tier: "STANDARD")
            let statuses = await concurrently(12, width: 12) { _ in
                try? await stack.subscription.post(
                    "/subscriptions", ["subscriberId": .string(id), "planId": .string(plan), "status": 0],
                    token: stack.admin
                ).status
            }
            #expect(statuses.count { $0 == 201 } == 3)
            #expect(statuses.count { $0 == 409 } == 9)
        }
    }

    @Test func `periods follow the calendar and the seeds are correct`() async throws {
        let clock = ManualClock(SystemClock().now())
        guard let start = Timestamp(iso8601: "2027-01-31T12:00:00.000Z") else { throw TestFailure("no date") }
        clock.set(start)
        try await TestStack.run([.subscription], clock: clock) { stack in
            let client = stack.subscription
            let cycles = try await client.get("/billing-cycles", token: stack.admin).expect(200).json.arrayValue ?? []
            let lengths = Dictionary(
                uniqueKeysWithValues: cycles.map {
                    (
                        $0["cycleName"]?.stringValue ?? "",
                        "\($0["duration"]?.intValue ?? 0) \($0["durationUnit"]?.stringValue ?? "")"
                    )
                })
            #expect(lengths["QUARTERLY"] == "3 months" && lengths["HALF_YEARLY"] == "6 months")
            let currencies = try await client.get("/currencies", token: stack.admin).expect(200).json.arrayValue ?? []
            #expect(
                Set(currencies.compactMap { $0["currencyCode"]?.stringValue }) == ["USD", "INR", "EUR", "GBP", "JPY"])
            for (cycle, end) in [
                ("MONTHLY", "2027-02-28"), ("QUARTERLY", "2027-04-30"), ("HALF_YEARLY", "2027-07-31"),
                ("YEARLY", "2028-01-31"), ("WEEKLY", "2027-02-07"),
            ] {
                let cycleID = cycles.first { $0["cycleName"]?.stringValue == cycle }?["id"] ?? .null
                let currency = currencies.first { $0["currencyCode"] == "JPY" }?["id"] ?? .null
                let plan = try await client.post(
                    "/plans",
                    [
                        "name": .string(cycle), "tier": "BASIC", "price": 500, "billingCycleId": cycleID,
                        "currencyId": currency,
                    ], token: stack.admin
                ).expect(201).string("id")
                let created = try await client.post(
                    "/subscriptions", ["subscriberId": .identifier(.v4()), "planId": .string(plan), "status": 0],
                    token: stack.admin
                ).expect(201)
                #expect(
                    created.json["startDate"] == "2027-01-31" && created.json["endDate"]?.stringValue == end,
                    "\(cycle): \(created.text)")
            }
        }
    }
}
