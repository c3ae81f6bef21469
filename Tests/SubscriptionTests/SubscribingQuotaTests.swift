import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import ServiceKit
import Testing

@testable import Subscription

extension ServiceTests {
    /// How many subscriptions a tenant may have.
    @Suite struct SubscribingQuota {
        @Test func `of twenty concurrent requests as many succeed as the quota allows`() async throws {
            try await TestService.run(environment: ["SUBSCRIPTION_QUOTA": "7"]) { service in
                let plan = try await service.plan()
                let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<20 { group.addTask { try await service.subscribe(to: plan).status } }
                    return try await group.reduce(into: [Int]()) { $0.append($1) }
                }
                #expect(statuses.filter { $0 == 201 }.count == 7)
                #expect(statuses.filter { $0 == 409 }.count == 13)
                #expect(try await service.database.count("SELECT count(*) FROM main.subscriptions") == 7)
                #expect(try await service.database.count("SELECT count(*) FROM main.invoice") == 7)
                #expect(try await service.database.count("SELECT count(*) FROM main.outbox") == 7)
                // The places are the tenant's own, and a cancelled subscription gives one back.
                #expect(try await service.subscribe(TestService.tenantB, to: plan).status == 201)
                let own = try await service.send(
                    "GET", "/subscriptions?filter[limit]=1&filter[where][subscriberId]=\(TestService.tenantA)")
                let id = try #require(own.json[0]?["id"]?.stringValue, "\(own.text)")
                #expect(try await service.send("PATCH", "/subscriptions/\(id)", ["status": 3]).status == 204)
                #expect(try await service.subscribe(to: plan).status == 201)
                let refused = try await service.subscribe(to: plan)
                #expect(refused.status == 409)
                #expect(refused.message.contains("more than 7 active or pending subscriptions"))
                // Nor does the cancelled one come back to life past the quota.
                let revived = try await service.send("PATCH", "/subscriptions/\(id)", ["status": 1])
                #expect(revived.status == 409)
                #expect(try await service.send("GET", "/subscriptions/\(id)").json["status"] == 3)
            }
        }

        @Test func `a plan can have its own limit`() async throws {
            try await TestService.run(environment: ["SUBSCRIPTION_QUOTA": "2"]) { service in
                let limited = try await service.plan(metaData: ["maxSubscriptionsPerTenant": 1])
                let generous = try await service.plan(metaData: ["maxSubscriptionsPerTenant": 3])
                #expect(try await service.subscribe(to: limited).status == 201)
                let refused = try await service.subscribe(to: limited)
                #expect(refused.status == 409)
                #expect(refused.message.contains("more than 1 active or pending subscriptions to this plan"))
                for _ in 0..<3 { #expect(try await service.subscribe(to: generous).status == 201) }
                #expect(try await service.subscribe(to: generous).status == 409)
            }
        }

        @Test func `a restored subscription counts toward its plan's own limit`() async throws {
            try await TestService.run(environment: ["SUBSCRIPTION_QUOTA": "5"]) { service in
                let limited = try await service.plan(metaData: ["maxSubscriptionsPerTenant": 1])
                let subscribed = try await service.subscribe(to: limited)
                let first = try #require(subscribed.json["id"]?.stringValue)
                #expect(try await service.send("DELETE", "/subscriptions/\(first)").status == 204)
                #expect(try await service.subscribe(to: limited).status == 201)
                let refused = try await service.send("POST", "/subscriptions/\(first)/restore")
                #expect(refused.status == 409)
                #expect(refused.message.contains("more than 1 active or pending subscriptions to this plan"))
            }
        }
    }
}
