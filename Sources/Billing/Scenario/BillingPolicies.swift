/// The questions on which billing systems differ, each with its default (their numbers are those of docs/billing.md). Credit
/// caps and the bounds of tiers have a single answer, so nothing is stored for them.
package struct BillingPolicies: Sendable, Hashable {
    /// What a part of a period is divided by (P2, P5).
    package enum Denominator: String, Sendable, Hashable, CaseIterable {
        /// The days of the whole period that contains it.
        case containingPeriod = "containing_period"
        /// A short first period: the days of the interval that would begin on its first day.
        case imaginedFromStart = "imagined_from_start"
        /// As though every month had 30 days.
        case fixedThirtyDays = "fixed_30_days"
    }

    /// Whether the day of a cancellation is billed (P3).
    package enum CancelDay: String, Sendable, Hashable, CaseIterable {
        /// It is not.
        case halfOpen = "half_open"
        /// It is.
        case inclusive
    }

    /// What credits on a line never exceed (P7): the engine knows one cap.
    package enum CreditCap: String, Sendable, Hashable, CaseIterable {
        /// What was billed on it, less earlier credits and refunds.
        case paidAndUnrefunded = "paid_and_unrefunded"
    }

    /// What a change during a trial does to it (P9).
    package enum TrialOnChange: String, Sendable, Hashable, CaseIterable {
        /// It counts from the first start.
        case fromFirstStart = "from_first_start"
        /// It counts anew from the change.
        case restart
        /// It is over.
        case end
    }

    /// Whether no usage pays the flat amount of the first tier (P10).
    package enum ZeroUsageFlatFee: String, Sendable, Hashable, CaseIterable {
        case charged
        case notCharged = "not_charged"
    }

    /// Which tier holds a quantity between two (P11): the engine knows one rule.
    package enum TierBounds: String, Sendable, Hashable, CaseIterable {
        /// A tier holds what is above the bound before it, up to and including its own.
        case inclusiveUpper = "inclusive_upper"
    }

    package var denominator = Denominator.containingPeriod
    package var cancelDay = CancelDay.halfOpen
    package var rounding = RoundingMode.halfUp
    package var trialOnChange = TrialOnChange.fromFirstStart
    package var zeroUsageFlatFee = ZeroUsageFlatFee.charged

    /// The defaults.
    package init() {}
}
