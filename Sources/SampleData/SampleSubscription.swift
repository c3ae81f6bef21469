import Billing
import Primitives

/// A made-up subscription, before it is known which plans there are.
struct SampleSubscription {
    let id: Identifier
    let invoice: Identifier
    let start: CalendarDate
    let createdOn: Timestamp
    /// What it is while its first period lasts, and after that.
    let status: (during: SampleSubscriptionStatus, after: SampleSubscriptionStatus)
    /// Chooses among the plans.
    let choice: Int

    /// The subscriptions of a tenant, the newest first. Only that one may be ACTIVE.
    static func series(
        _ count: Int, ofActiveTenant isActive: Bool, today: CalendarDate, _ random: inout SampleRandom
    ) throws(BillingError) -> [SampleSubscription] {
        var daysAgo = random.below(28)
        var result: [SampleSubscription] = []
        for index in 0..<count {
            let start = try today.adding(days: -daysAgo)
            let instant = start.startOfDay.adding(.milliseconds(random.below(86_400_000)))
            let ended: SampleSubscriptionStatus = random.happens(inPercent: 80) ? .expired : .cancelled
            let current: SampleSubscriptionStatus =
                index == 0 && isActive ? .active : random.happens(inPercent: 70) ? .cancelled : .inactive
            result.append(
                SampleSubscription(
                    id: random.identifier(at: instant), invoice: random.identifier(at: instant), start: start,
                    createdOn: instant, status: (current, ended), choice: random.below(1 << 20)))
            daysAgo += 30 + random.below(90)
        }
        return result
    }

    /// The plan it is to: one for the tier of its tenant, if there is one.
    func plan(among plans: [SamplePlan], tier: String) -> SamplePlan? {
        let fitting = plans.filter { $0.tier.uppercased() == tier }
        let candidates = fitting.isEmpty ? plans : fitting
        return candidates.isEmpty ? nil : candidates[choice % candidates.count]
    }
}

/// As `status` of a subscription is stored.
enum SampleSubscriptionStatus: Int {
    case active = 1
    case inactive = 2
    case cancelled = 3
    case expired = 4
}
