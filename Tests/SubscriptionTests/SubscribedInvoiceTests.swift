import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import ServiceKit
import Testing

@testable import Subscription

extension ServiceTests {
    /// A subscription can be backed by an invoice that exists.
    @Suite struct SubscribedInvoice {
        @Test func `a given invoice is used and none is drafted`() async throws {
            try await TestService.run { service in
                let plan = try await service.plan()
                let invoice = JSONValue.string(try await service.invoice(try await service.customer()))
                func subscribe(_ tenant: Identifier, _ invoice: JSONValue) async throws -> TestResponse {
                    try await service.send(
                        "POST", "/subscriptions",
                        [
                            "subscriberId": .identifier(tenant), "planId": .string(plan), "status": 0,
                            "invoiceId": invoice,
                        ])
                }
                let second = try await subscribe(TestService.tenantA, invoice)
                #expect(second.status == 201)
                #expect(second.json["invoiceId"] == invoice)
                #expect(try await service.database.count("SELECT count(*) FROM main.invoice") == 1)
                // Neither one that does not exist nor another tenant's.
                for unknown in [.identifier(.v4()), "in_unknown"] as [JSONValue] {
                    #expect(try await subscribe(TestService.tenantA, unknown).status == 404)
                }
                #expect(try await subscribe(TestService.tenantB, invoice).status == 404)
                // One that backs a subscription backs no other one.
                let third = try await subscribe(TestService.tenantA, invoice)
                #expect(third.status == 409 && third.json["error"]?["code"] == "INVOICE_IN_USE", "\(third.text)")
                #expect(try await service.database.count("SELECT count(*) FROM main.subscriptions") == 1)
                let drafted = try await service.subscribe(to: plan)
                let taken = try await subscribe(TestService.tenantA, try #require(drafted.json["invoiceId"]))
                #expect(taken.status == 409, "\(taken.text)")
                // Who deletes the subscription frees the invoice.
                let path = "/subscriptions/\(try #require(second.json["id"]?.stringValue))"
                #expect(try await service.send("DELETE", path).status == 204)
                #expect(try await subscribe(TestService.tenantA, invoice).status == 201)
                // And gets it back only if nobody else has used it.
                let restored = try await service.send("POST", "\(path)/restore")
                #expect(
                    restored.status == 409 && restored.json["error"]?["code"] == "INVOICE_IN_USE", "\(restored.text)")
                #expect(try await service.send("GET", path).status == 404)
                #expect(try await service.send("POST", "/subscriptions/\(Identifier.v4())/restore").status == 404)
            }
        }

        @Test func `an invoice over another amount or in another currency backs no subscription`() async throws {
            try await TestService.run { service in
                let plan = try await service.plan(price: 51)
                let customer = try await service.customer()
                for (amount, currency) in [(5000, "USD"), (5101, "USD"), (51, "USD"), (5100, "EUR"), (51, "JPY")] {
                    let invoice = try await service.invoice(customer, .integer(amount), currency: currency)
                    let answer = try await service.send(
                        "POST", "/subscriptions",
                        [
                            "subscriberId": .identifier(TestService.tenantA), "planId": .string(plan), "status": 1,
                            "invoiceId": .string(invoice),
                        ])
                    #expect(answer.status == 422 && answer.violations == ["/invoiceId: invoice"], "\(answer.text)")
                }
                #expect(try await service.database.count("SELECT count(*) FROM main.subscriptions") == 0)
            }
        }

        @Test func `of two who name one invoice at the same time one subscribes`() async throws {
            try await TestService.run { service in
                let plan = try await service.plan()
                let invoice = try await service.invoice(try await service.customer())
                let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<6 {
                        group.addTask {
                            try await service.send(
                                "POST", "/subscriptions",
                                [
                                    "subscriberId": .identifier(TestService.tenantA), "planId": .string(plan),
                                    "status": 0, "invoiceId": .string(invoice),
                                ]
                            ).status
                        }
                    }
                    return try await group.reduce(into: [Int]()) { $0.append($1) }
                }
                #expect(statuses.sorted() == [201, 409, 409, 409, 409, 409])
            }
        }
    }
}
