import Billing
import JSONCoding
import Primitives
import Testing

@testable import Subscription

/// The table of statuses, and how changes are billed that do not say it.
@Suite struct SubscriptionRuleTests {
    @Test func `what was cancelled stays so, and nothing becomes pending`() throws {
        #expect(SubscriptionStateChange.all.allSatisfy { $0.from != .cancelled && $0.to != .pending })
        #expect(throws: SubscriptionError.illegalStatus(from: .cancelled, to: .active)) {
            try SubscriptionStateChange.check(from: .cancelled, to: .active)
        }
        try SubscriptionStateChange.check(from: .cancelled, to: .cancelled)
        try SubscriptionStateChange.check(from: .pending, to: .active)
    }

    @Test func `every action that changes a status is in the table`() {
        for action in SubscriptionAction.allCases {
            guard let cause = SubscriptionStateChange.Cause(rawValue: action.rawValue) else { continue }
            let sources = Set(SubscriptionStateChange.all.filter { $0.causes.contains(cause) }.map(\.from))
            #expect(sources.isSubset(of: Set(action.statuses)), "\(action)")
        }
    }

    @Test func `the pair of plans comes before the direction, and the plan before the installation`() throws {
        let policies = PlanChangePolicy(upgrade: .prorateNow, downgrade: .atPeriodEnd)
        let (pro, basic) = (Identifier.v4(), Identifier.v4())
        let plan: JSONValue = [
            "metaData": [
                "changes": [
                    "downgrade": "forbidden", "to": [["planId": .identifier(pro), "policy": "extend_time"]],
                ]
            ]
        ]
        #expect(policies.rule(from: plan, to: pro, .upgrade) == .policy(.extendTime))
        #expect(policies.rule(from: plan, to: basic, .upgrade) == .policy(.prorateNow))
        #expect(policies.rule(from: plan, to: basic, .downgrade) == .forbidden)
        #expect(policies.rule(from: nil, to: nil, .downgrade) == .policy(.atPeriodEnd))
    }

    @Test func `prices of different intervals are compared by the month`() throws {
        func item(_ amount: Int, _ cycle: BillingCycle, quantity: Int = 1) throws -> BillingProgress.Item {
            BillingProgress.Item(
                price: Price(.perUnit(unitAmount: Rational(amount)), in: try Currency("USD")),
                quantity: Rational(quantity), cycle: cycle)
        }
        let monthly = try item(1000, .monthly)
        #expect(try PlanChangePolicy.direction(from: monthly, to: try item(11_000, .yearly)) == .downgrade)
        #expect(try PlanChangePolicy.direction(from: monthly, to: try item(12_000, .yearly)) == .upgrade)
        #expect(try PlanChangePolicy.direction(from: monthly, to: try item(240, .weekly)) == .upgrade)
        #expect(try PlanChangePolicy.direction(from: monthly, to: try item(1000, .monthly, quantity: 2)) == .upgrade)
    }
}
