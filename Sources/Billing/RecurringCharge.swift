/// When a period is billed.
package enum BillingTiming: String, Sendable, Hashable {
    /// On its first day.
    case inAdvance
    /// On the day after its last.
    case inArrears
}

/// A price that comes back with every period of a schedule: a plan, an add-on.
///
/// A period that the service covers in part is charged by days over the whole period that contains it (policy P2): a
/// start on 1 February with the 13th as anchor day pays 12/31 first.
package struct RecurringCharge: Sendable, Hashable {
    /// What the line says.
    package var description: String
    /// The price of one unit for one whole period.
    package var price: Money
    /// How many units, from 0 on.
    package var quantity: Int64
    /// The periods.
    package var schedule: BillingSchedule
    /// The first day of service.
    package var start: CalendarDate
    /// The day on which service has ended, nil for no end: that day is not charged.
    package var end: CalendarDate?
    /// When a period is billed.
    package var timing: BillingTiming
    /// The tax on top of the price as a fraction, 1/5 for 20 %; zero for none.
    package var taxRate: Rational

    /// A charge; its quantity is checked when lines are computed.
    package init(
        description: String, price: Money, quantity: Int64 = 1, schedule: BillingSchedule, start: CalendarDate,
        end: CalendarDate? = nil, timing: BillingTiming = .inAdvance, taxRate: Rational = .zero
    ) {
        self.description = description
        self.price = price
        self.quantity = quantity
        self.schedule = schedule
        self.start = start
        self.end = end
        self.timing = timing
        self.taxRate = taxRate
    }

    /// The lines that fall due in a window of days, in order of time.
    ///
    /// The result depends on nothing but the window: asked for twice, or late, it is the same, and the lines of two
    /// adjacent windows are those of both together.
    ///
    /// - Throws: `.dateOutOfRange`, `.overflow`, `.invalidQuantity`.
    package func lines(dueIn window: BillingPeriod) throws(BillingError) -> [InvoiceLine] {
        if let end, end <= start { return [] }
        var lines: [InvoiceLine] = []
        // A period that is billed in arrears on the window's first day lies before it.
        var index = try max(schedule.index(containing: start), schedule.index(containing: window.start) - 1)
        while try schedule.boundary(index) < window.end, try isServed(schedule.boundary(index)) {
            let whole = try schedule.period(index)
            index += 1
            guard let part = try servedPart(of: whole) else { continue }
            if window.contains(timing == .inAdvance ? part.start : part.end) {
                lines.append(try line(for: part, of: whole))
            }
        }
        return lines
    }

    /// The line for the days of one period that are served, at its due date or before it: the quote for a new plan.
    ///
    /// - Throws: `.outsidePeriod` when the date is not in the time of service; `.overflow`, `.invalidQuantity`.
    package func line(forPeriodContaining date: CalendarDate) throws(BillingError) -> InvoiceLine {
        let whole = try schedule.period(containing: date)
        guard let part = try servedPart(of: whole), part.contains(date) else { throw .outsidePeriod }
        return try line(for: part, of: whole)
    }

    private func isServed(_ date: CalendarDate) -> Bool {
        end.map { date < $0 } ?? true
    }

    private func servedPart(of whole: BillingPeriod) throws(BillingError) -> BillingPeriod? {
        let first = max(whole.start, start)
        let last = end.map { min($0, whole.end) } ?? whole.end
        return first < last ? try BillingPeriod(start: first, end: last) : nil
    }

    private func line(for part: BillingPeriod, of whole: BillingPeriod) throws(BillingError) -> InvoiceLine {
        try InvoiceLine(
            description: description, unitPrice: price, quantity: quantity, period: part, whole: whole, taxRate: taxRate
        )
    }
}
