/// A subscription at the end of what was computed of it.
package struct BillingProgress: Sendable {
    /// What an item costs from now on.
    package struct Item: Sendable, Hashable {
        package let price: Price
        package let quantity: Rational
        package let cycle: BillingCycle
        /// Its name; nil for the one price of a subscription.
        package let id: String?
        /// Whether it was added and not removed. One that is removed at the end of its period is there until then.
        package let isThere: Bool
        /// The day after the last of its current period.
        package let periodEnd: CalendarDate?
        /// Whether it costs the same in every period: neither usage nor a fee.
        package let isRecurring: Bool

        package init(
            price: Price, quantity: Rational, cycle: BillingCycle, id: String? = nil, isThere: Bool = true,
            periodEnd: CalendarDate? = nil, isRecurring: Bool = true
        ) {
            self.price = price
            self.quantity = quantity
            self.cycle = cycle
            self.id = id
            self.isThere = isThere
            self.periodEnd = periodEnd
            self.isRecurring = isRecurring
        }
    }

    /// A time without service.
    package struct Pause: Sendable, Hashable {
        package let from: CalendarDate
        /// The first date with service; nil if that is not known.
        package let to: CalendarDate?
    }

    /// All that was billed so far.
    package let statement: BillingStatement
    /// The local date on which something is due next; nil if nothing ever is.
    package let next: CalendarDate?
    /// The first local date without service, as far as it is known.
    package let end: CalendarDate?
    /// The first paid date: the start, or the end of the trial.
    package let firstPaid: CalendarDate
    /// The day after the last of the current period; nil before the first one and after the end.
    package let periodEnd: CalendarDate?
    package let isPaused: Bool
    /// The earliest first.
    package let pauses: [Pause]
    package let items: [Item]
    /// Up to which local date usage was billed, by item.
    package let measured: [String: CalendarDate]
    /// What credit notes may still give back of each line of each invoice, in minor units.
    package let creditable: [[Int64]]

    init(_ run: BillingRun, _ statement: BillingStatement) throws {
        func date(_ position: Int?) throws -> CalendarDate? {
            guard let position else { return nil }
            return try run.axis.local(position).date
        }
        self.statement = statement
        next = try date(run.nextDue)
        end = try date(run.serviceEnd)
        firstPaid = try run.axis.local(run.firstPaid).date
        periodEnd = try date(run.span?.to)
        isPaused = run.isPaused
        pauses = try run.pauses.compactMap { pause in
            try date(pause.from).map { Pause(from: $0, to: try date(pause.to)) }
        }
        var measured: [String: CalendarDate] = [:]
        for item in run.items {
            if let id = item.item.id, let day = try date(item.measuredTo) { measured[id] = day }
        }
        self.measured = measured
        creditable = try run.invoiceLines.map { try $0.map { try run.creditable(run.lines[$0]) } }
        items = try run.items.map {
            Item(
                price: $0.price, quantity: $0.currentQuantity, cycle: $0.cycle, id: $0.item.id,
                isThere: !$0.isDormant && !$0.isDone, periodEnd: try date($0.span?.to),
                isRecurring: !$0.isMetered && !$0.item.isOnce)
        }
    }
}

extension BillingProgress.Item {
    /// What it costs in an average month, in minor units.
    package var monthlyPrice: Rational {
        get throws(BillingError) {
            let amount = try price.amount(for: Measure(quantity: quantity))
            let months =
                switch cycle.unit {
                case .day: try Rational(Int128(cycle.count) * 48, 1461)
                case .week: try Rational(Int128(cycle.count) * 336, 1461)
                case .month: Rational(Int128(cycle.count))
                case .year: Rational(Int128(cycle.count) * 12)
                }
            return try amount.divided(by: months)
        }
    }
}
