import Billing

/// The date of `2026-01-31`.
func date(_ text: String) throws -> CalendarDate {
    try CalendarDate(text)
}

/// The half-open period of two dates.
func period(_ start: String, _ end: String) throws -> BillingPeriod {
    try BillingPeriod(start: date(start), end: date(end))
}

/// An amount in US dollars.
func usd(_ text: String) throws -> Money {
    try Money(decimal: text, currency: Currency("USD"))
}

func fraction(_ numerator: Int128, _ denominator: Int128) throws -> Rational {
    try Rational(numerator, denominator)
}

/// Any date of the years 1900...2199.
func randomDate() throws -> CalendarDate {
    try CalendarDate(daysSince1970: .random(in: -25_567...84_005))
}

/// Any cycle that people use.
func randomCycle() throws -> BillingCycle {
    try BillingCycle(.random(in: 1...13), BillingCycle.Unit.allCases.randomElement() ?? .month)
}

/// A charge of one unit in US dollars.
func charge(
    _ price: String, _ cycle: BillingCycle, start: String, anchorDay: Int? = nil, end: String? = nil,
    timing: BillingTiming = .inAdvance
) throws -> RecurringCharge {
    let schedule =
        try anchorDay.map { try BillingSchedule(cycle: cycle, start: date(start), anchorDay: $0) }
        ?? BillingSchedule(cycle: cycle, anchor: date(start))
    return try RecurringCharge(
        description: "Plan", price: usd(price), schedule: schedule, start: date(start), end: end.map { try date($0) },
        timing: timing)
}
