import Billing
import HTTPTypes
import JSONCoding
import PostgresClient
import Primitives
import ServiceKit
import Testing

@testable import Subscription

@Suite struct SubscriptionQuotaTests {
    private let tenant = Identifier.v4()
    private let plan = Identifier.v4()

    @Test func `the general limit applies unless the plan has its own`() {
        #expect(SubscriptionQuota(general: 10, plan: nil).limit == 10)
        #expect(SubscriptionQuota(general: 10, plan: 2).limit == 2)
        #expect(SubscriptionQuota(general: 10, plan: 50).limit == 50)
        #expect(SubscriptionQuota(general: 10, plan: 0).limit == 0)
    }

    @Test func `the statement contains both limits, the day and the row`() throws {
        let day = try CalendarDate("2026-01-31")
        let general = SubscriptionQuota(general: 10, plan: nil).reservation(tenant: tenant, plan: plan, on: day)
        #expect(
            general.values == [.identifier(tenant), .identifier(plan), .int32(10), .null, .text("2026-01-31"), .null])
        let own = SubscriptionQuota(general: 10, plan: 2)
            .reservation(tenant: tenant, plan: plan, on: day, changing: plan)
        #expect(
            own.values == [
                .identifier(tenant), .identifier(plan), .int32(10), .int32(2), .text("2026-01-31"), .identifier(plan),
            ])
    }

    @Test(
        arguments: [
            (0, "2020-01-01", true), (1, "2026-02-01", true), (1, "2026-01-31", false), (1, "2026-01-30", false),
            (1, nil, true), (1, "31.1.2026", true), (2, "2027-01-01", false), (4, "2027-01-01", false),
        ] as [(Int, String?, Bool)])
    func `subscriptions that are over are not active`(status: Int, end: String?, isLive: Bool) throws {
        let status = try #require(TenantSubscription.Status(rawValue: status))
        #expect(status.isLive(until: end, on: "2026-01-31") == isLive)
    }

    @Test func `the failure names the limit`() {
        let failure = SubscriptionError.quotaExceeded(SubscriptionQuota(general: 10, plan: 3)).httpFailure
        #expect(failure.status == .conflict)
        #expect(
            failure.message.stringValue?.contains("more than 3 active or pending subscriptions to this plan") == true)
    }
}
