/// Why a version of a plan cannot be made, changed or used.
enum PlanVersionError: Error, Sendable, Hashable {
    /// There is no such plan.
    case planNotFound
    /// There is no such version of the plan.
    case notFound
    /// It is in effect already, or was canceled.
    case fixed(PlanVersion.State)
    /// The row of the plan gets another price, but that of a version is in effect.
    case countsInstead
    /// The day is over; the message names today.
    case dayPassed(today: String)
}
