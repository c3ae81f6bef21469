import JSONCoding
import MessageBus
import PostgresClient
import PostgresTestSupport
import Primitives
import ServiceKit
import ServiceLifecycle
import Synchronization
import Testing
import WorkQueue

@testable import Subscription

extension ServiceTests {
    @Suite struct Changing {
        @Test func `an activation is published exactly once`() async throws {
            try await TestService.run { service in
                let id = try await service.subscription(to: try await service.plan())
                let path = "/subscriptions/\(id)"
                func activations() async throws -> Int {
                    try await service.events(EventType.subscriptionActivated, of: id)
                }
                #expect(try await service.send("PATCH", path, ["endDate": "2026-03-01"]).status == 204)
                #expect(try await activations() == 0)
                #expect(try await service.send("PATCH", path, ["status": 1]).status == 204)
                #expect(try await activations() == 1)
                #expect(try await service.send("PATCH", path, ["status": 1]).status == 204)
                #expect(try await activations() == 1)
                // It ended and began again: that is another activation.
                #expect(try await service.send("PATCH", path, ["status": 2]).status == 204)
                #expect(try await service.send("PATCH", path, ["status": 1]).status == 204)
                #expect(try await activations() == 2)
                #expect(try await service.send("GET", path).json["endDate"] == "2026-03-01")
            }
        }

        @Test func `of concurrent activations one is published`() async throws {
            try await TestService.run { service in
                let id = try await service.subscription(to: try await service.plan())
                let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                    for number in 0..<16 {
                        group.addTask {
                            try await number.isMultiple(of: 2)
                                ? service.send("PATCH", "/subscriptions/\(id)", ["status": 1]).status
                                : service.send(
                                    "PATCH", "/subscriptions?where[id]=\(id)", ["status": 1]
                                ).status
                        }
                    }
                    return try await group.reduce(into: [Int]()) { $0.append($1) }
                }
                #expect(statuses.allSatisfy { $0 == 204 || $0 == 200 }, "\(statuses)")
                #expect(try await service.events(EventType.subscriptionActivated, of: id) == 1)
            }
        }

        @Test func `the relay delivers the activation once`() async throws {
            try await TestService.run { service in
                let seen = Mutex<[String]>([])
                let consumer = try service.bus.subscribe(
                    group: "test", types: [EventType.subscriptionActivated], configuration: ConsumerConfiguration()
                ) { delivery in
                    let id = (try? JSONValue.parse(delivery.event.data))?["subscription"]?["id"]?.stringValue
                    seen.withLock { $0.append(id ?? "") }
                }
                let running = Task { try await consumer.run() }
                let id = try await service.subscription(to: try await service.plan(), status: 1)
                try await eventually("it is delivered") { seen.withLock { !$0.isEmpty } }
                #expect(seen.withLock { $0 } == [id])
                running.cancel()
                _ = try? await running.value
            }
        }

        @Test func `a bulk change publishes each activation`() async throws {
            try await TestService.run { service in
                let plan = try await service.plan()
                let pending = try await service.subscription(to: plan)
                let active = try await service.subscription(to: plan, status: 1)
                let others = try await service.subscription(TestService.tenantB, to: plan)
                let response = try await service.send(
                    "PATCH", "/subscriptions?where={\"subscriberId\":\"\(TestService.tenantA)\"}".escaped, ["status": 1]
                )
                #expect(response.status == 200)
                #expect(response.json["count"] == 2)
                #expect(try await service.events(EventType.subscriptionActivated, of: pending) == 1)
                #expect(try await service.events(EventType.subscriptionActivated, of: active) == 1)
                #expect(try await service.events(EventType.subscriptionActivated, of: others) == 0)
                #expect(try await service.send("GET", "/subscriptions/\(others)").json["status"] == 0)
                // A bulk change has to say which rows.
                let missing = try await service.send("PATCH", "/subscriptions", ["status": 1])
                #expect(missing.status == 400)
                #expect(missing.message.contains("where"))
                let all = try await service.send("PATCH", "/subscriptions?where={}".escaped, ["status": 1])
                #expect(all.json["count"] == 3)
                #expect(try await service.events(EventType.subscriptionActivated, of: others) == 1)
            }
        }

        @Test func `a replacement publishes the activation too`() async throws {
            try await TestService.run { service in
                let plan = try await service.plan()
                let created = try await service.subscribe(to: plan)
                let id = try #require(created.json["id"]?.stringValue)
                var body: JSONObject = [
                    "subscriberId": .identifier(TestService.tenantA), "planId": .string(plan), "status": 1,
                    "startDate": "2026-02-01", "endDate": "2026-03-01",
                    "invoiceId": try #require(created.json["invoiceId"]),
                ]
                #expect(try await service.send("PUT", "/subscriptions/\(id)", .object(body)).status == 204)
                #expect(try await service.events(EventType.subscriptionActivated, of: id) == 1)
                let row = try await service.send("GET", "/subscriptions/\(id)").json
                #expect(row["startDate"] == "2026-02-01")
                #expect(row["status"] == 1)
                body["id"] = .identifier(.v4())
                #expect(try await service.send("PUT", "/subscriptions/\(id)", .object(body)).status == 400)
                body["id"] = nil
                body["invoiceId"] = nil
                let missing = try await service.send("PUT", "/subscriptions/\(id)", .object(body))
                #expect(missing.status == 422)
                #expect(missing.text.contains("invoiceId"))
                #expect(
                    try await service.send("PUT", "/subscriptions/\(Identifier.v4())", .object(body)).status == 422)
            }
        }

        @Test(
            arguments: [
                (["endDate": "2026-02-30"], "/endDate: format"), (["startDate": "31.01.2026"], "/startDate: format"),
                (["startDate": "2026-1-31"], "/startDate: format"), (["endDate": 5], "/endDate: type"),
                (["startDate": "2026-03-01", "endDate": "2026-02-28"], "/endDate: order"),
                (["status": 5], "/status: enum"),
                (["planId": "gold"], "/planId: format"), (["color": "red"], ": additionalProperties"),
            ] as [(JSONValue, String)])
        func `invalid values are refused with the field`(change: JSONValue, violation: String) async throws {
            try await TestService.run { service in
                let created = try await service.subscribe(to: try await service.plan())
                let id = try #require(created.json["id"]?.stringValue)
                for status in [JSONValue?.none, 1] {
                    var body = change.objectValue ?? [:]
                    if let status, body["status"] == nil { body["status"] = status }
                    let response = try await service.send("PATCH", "/subscriptions/\(id)", .object(body))
                    #expect(response.status == 422)
                    #expect(response.violations == [violation])
                }
                #expect(try await service.send("GET", "/subscriptions/\(id)").json == created.json)
            }
        }

        @Test func `an end before the stored start is refused`() async throws {
            try await TestService.run { service in
                let id = try await service.subscription(to: try await service.plan())
                for body in [["endDate": "2026-01-01"], ["endDate": "2026-01-01", "status": 1]] as [JSONValue] {
                    #expect(try await service.send("PATCH", "/subscriptions/\(id)", body).status == 422)
                }
                #expect(try await service.events(EventType.subscriptionActivated, of: id) == 0)
            }
        }

        @Test func `changing plan or tenant counts toward the quota there`() async throws {
            try await TestService.run(environment: ["SUBSCRIPTION_QUOTA": "2"]) { service in
                let plan = try await service.plan()
                let limited = try await service.plan(metaData: ["maxSubscriptionsPerTenant": 1])
                let first = "/subscriptions/\(try await service.subscription(to: plan))"
                let second = "/subscriptions/\(try await service.subscription(to: plan))"
                #expect(try await service.send("PATCH", first, ["planId": .string(limited)]).status == 204)
                let refused = try await service.send("PATCH", second, ["planId": .string(limited)])
                #expect(refused.status == 409, "\(refused.text)")
                #expect(try await service.send("GET", second).json["planId"] == .string(plan))
                // A full quota is no obstacle to who has a place already.
                #expect(try await service.send("PATCH", first, ["planId": .string(plan)]).status == 204)
                let toB: JSONValue = ["subscriberId": .identifier(TestService.tenantB)]
                #expect(try await service.send("PATCH", first, toB).status == 204)
                #expect(try await service.send("PATCH", second, toB).status == 204)
                let third = "/subscriptions/\(try await service.subscription(to: plan, status: 1))"
                #expect(try await service.send("PATCH", third, toB).status == 409)
                let bulk = try await service.send(
                    "PATCH", "/subscriptions?where={\"subscriberId\":\"\(TestService.tenantA)\"}".escaped, toB)
                #expect(bulk.status == 409)
                // What takes no place may be anybody's.
                #expect(try await service.send("PATCH", third, ["status": 3]).status == 204)
                #expect(try await service.send("PATCH", third, toB).status == 204)
            }
        }

        @Test func `an invoice can be named by the provider's id as well`() async throws {
            try await TestService.run { service in
                let plan = try await service.plan()
                let invoice = try await service.invoice(try await service.customer())
                try await service.database.query("UPDATE main.invoice SET invoice_id = 'in_1'")
                let other = try await service.subscription(to: plan)
                let path = "/subscriptions/\(other)"
                #expect(try await service.send("PATCH", path, ["invoiceId": "in_2"]).status == 404)
                #expect(try await service.send("PATCH", path, ["invoiceId": "in_1"]).status == 204)
                #expect(try await service.send("GET", path).json["invoiceId"] == .string(invoice))
                // Again it is no other invoice than before.
                #expect(try await service.send("PATCH", path, ["invoiceId": "in_1", "status": 1]).status == 204)
                let second = "/subscriptions/\(try await service.subscription(to: plan))"
                #expect(try await service.send("PATCH", second, ["invoiceId": "in_1"]).status == 409)
                let bulk = try await service.send(
                    "PATCH", "/subscriptions?where={}".escaped, ["invoiceId": "in_1"])
                #expect(bulk.status == 409, "\(bulk.text)")
                #expect(try await service.send("DELETE", path).status == 204)
                let created = try await service.send(
                    "POST", "/subscriptions",
                    [
                        "subscriberId": .identifier(TestService.tenantA), "planId": .string(plan), "status": 0,
                        "invoiceId": "in_1",
                    ])
                #expect(created.status == 201, "\(created.text)")
                #expect(created.json["invoiceId"] == .string(invoice))
            }
        }

        @Test func `a changed subscription needs an invoice over its plan's price`() async throws {
            try await TestService.run { service in
                let plan = try await service.plan()
                let id = try await service.subscription(to: plan)
                let customer = try await service.customer()
                let path = "/subscriptions/\(id)"
                func change(
                    _ invoice: String, _ more: JSONObject = [:], at path: String? = nil
                ) async throws -> TestResponse {
                    var body = more
                    body["invoiceId"] = .string(invoice)
                    return try await service.send("PATCH", path ?? "/subscriptions/\(id)", .object(body))
                }
                for (amount, currency) in [(4999, "USD"), (50, "USD"), (5000, "EUR"), (50, "JPY")] {
                    let invoice = try await service.invoice(customer, .integer(amount), currency: currency)
                    for place in [path, "/subscriptions?where={\"id\":\"\(id)\"}".escaped] {
                        let refused = try await change(invoice, at: place)
                        #expect(refused.status == 422, "\(amount) \(currency): \(refused.text)")
                        #expect(refused.violations == ["/invoiceId: invoice"])
                    }
                    let replacement: JSONValue = [
                        "subscriberId": .identifier(TestService.tenantA), "planId": .string(plan), "status": 0,
                        "startDate": "2026-01-31", "endDate": "2026-02-28", "invoiceId": .string(invoice),
                    ]
                    let refused = try await service.send("PUT", path, replacement)
                    #expect(refused.status == 422 && refused.violations == ["/invoiceId: invoice"], "\(refused.text)")
                }
                let stranger = try await service.invoice(try await service.customer(TestService.tenantB))
                #expect(try await change(stranger).status == 404)
                // The plan that the change names counts, at its price of this moment.
                let other = try await service.plan(price: 80)
                let forOther = try await service.invoice(customer, 8000)
                #expect(try await change(forOther).status == 422)
                #expect(try await change(forOther, ["planId": .string(other)]).status == 204)
                #expect(try await service.send("PATCH", "/plans/\(other)", ["price": 90]).status == 204)
                #expect(try await change(try await service.invoice(customer, 8000)).status == 422)
                let last = try await service.invoice(customer, 9000)
                #expect(try await change(last).status == 204)
                #expect(try await service.send("GET", path).json["invoiceId"] == .string(last))
            }
        }

        /// The original keeps neither amounts nor lines.
        @Test func `an invoice without amounts may back a changed subscription`() async throws {
            try await TestService.run { service in
                let path = "/subscriptions/\(try await service.subscription(to: try await service.plan()))"
                let invoice = try await service.invoice(try await service.customer(), 1)
                try await service.database.query(
                    """
                    UPDATE main.invoice SET total = NULL, subtotal = NULL, currency_code = NULL, tenant_id = NULL, number = NULL
                    WHERE id::text = $1
                        -- As the original has left it: without our triggers.
                        AND set_config('session_replication_role', 'replica', true) <> ''
                    """, [.text(invoice)])
                #expect(try await service.send("PATCH", path, ["invoiceId": .string(invoice)]).status == 204)
            }
        }

        @Test func `an unknown plan or row is not found`() async throws {
            try await TestService.run { service in
                let id = try await service.subscription(to: try await service.plan())
                let unknown = Identifier.v4()
                for body in [["planId": .identifier(unknown)], ["planId": .identifier(unknown), "status": 1]]
                    as [JSONValue]
                {
                    #expect(try await service.send("PATCH", "/subscriptions/\(id)", body).status == 404)
                }
                for path in ["/subscriptions/\(unknown)", "/subscriptions/1"] {
                    for body in [["status": 1], ["status": 3]] as [JSONValue] {
                        let response = try await service.send("PATCH", path, body)
                        #expect(response.status == 404)
                        #expect(response.json["error"]?["code"] == "ENTITY_NOT_FOUND")
                    }
                    #expect(try await service.send("GET", path).status == 404)
                    #expect(try await service.send("GET", path + "/invoice").status == 404)
                    #expect(try await service.send("DELETE", path).status == 404)
                }
            }
        }
    }
}

extension String {
    /// Braces and quotes as a URL takes them.
    var escaped: String {
        var text = ""
        for character in self {
            switch character {
            case "[": text += "%5B"
            case "]": text += "%5D"
            case "{": text += "%7B"
            case "}": text += "%7D"
            case "\"": text += "%22"
            default: text.append(character)
            }
        }
        return text
    }
}
