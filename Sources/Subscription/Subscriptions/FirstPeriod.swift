import Billing

/// What the first period of a subscription is, and what it costs.
struct FirstPeriod: Sendable, Hashable {
    /// Its days.
    let period: BillingPeriod
    /// The day of the month on which periods start; nil for cycles of days or weeks.
    let anchorDay: Int?
    /// What is to be paid for it.
    let invoice: DraftInvoice

    /// The period that starts on the given day. 31 January and a month end on 28 February, and the anchor keeps the 31st.
    /// - Throws: `.dateOutOfRange` when it ends after the year 9999, `.overflow`.
    init(of terms: PlanTerms, from start: CalendarDate) throws(BillingError) {
        let schedule = BillingSchedule(cycle: terms.cycle, anchor: start)
        period = try schedule.period(0)
        anchorDay =
            switch terms.cycle.unit {
            case .day, .week: nil
            case .month, .year: start.day
            }
        let charge = RecurringCharge(
            description: "\(terms.name), \(terms.cycle)", price: terms.price, schedule: schedule, start: start)
        invoice = try DraftInvoice(
            currency: terms.price.currency, lines: [charge.line(forPeriodContaining: start)])
    }
}
