/// When a trial ends.
package enum Trial: Sendable, Hashable {
    /// So many days after it began.
    case days(Int)
    /// On a date, which is paid for.
    case until(CalendarDate)
}

/// Where periods begin.
package enum AnchorRule: Sendable, Hashable {
    /// On the first paid day.
    case start
    /// On a day of the month, 1...31; the last day in shorter months.
    case day(Int)
    /// On a date, and every interval before and after it.
    case date(CalendarDate)
    /// On a day of the week, 1 (Monday) to 7.
    case weekday(Int)
    /// On Mondays, on the first of a month, on January 1.
    case calendar
}

/// A price for a number of periods.
package struct Phase: Sendable, Hashable {
    /// How many periods it lasts; nil for the last phase.
    package var periods: Int?
    package var price: Price
    /// Replaces the quantity of the item; nil to leave it.
    package var quantity: Rational?

    package init(periods: Int?, price: Price, quantity: Rational? = nil) {
        self.periods = periods
        self.price = price
        self.quantity = quantity
    }
}

/// A quantity that was used at some time.
package struct UsageEvent: Sendable, Hashable {
    /// Where on the axis.
    package var position: Int
    package var quantity: Rational

    package init(position: Int, quantity: Rational) {
        self.position = position
        self.quantity = quantity
    }
}

/// How the usage of a period becomes one quantity.
package enum Aggregation: String, Sendable, Hashable, CaseIterable {
    case sum
    case max
}

/// A tax on a line.
package struct TaxRate: Sendable, Hashable {
    package var name: String
    /// As a fraction, 1/5 for 20 %.
    package var rate: Rational
    /// Whether the amounts contain it.
    package var isInclusive: Bool
    /// Whether the customer owes it instead (reverse charge): it is shown and not charged.
    package var isReverseCharge: Bool

    package init(name: String, rate: Rational, isInclusive: Bool = false, isReverseCharge: Bool = false) {
        self.name = name
        self.rate = rate
        self.isInclusive = isInclusive
        self.isReverseCharge = isReverseCharge
    }
}

/// Something that is billed.
package struct ScenarioItem: Sendable, Hashable {
    /// Its name in the request; nil if the subscription has one price.
    package var id: String?
    /// A JSON pointer to it.
    package var pointer = ""
    /// At least one; the last goes on.
    package var phases: [Phase]
    package var quantity = Rational.one
    /// Ascending; nil if the price does not apply to usage.
    package var usage: [UsageEvent]?
    package var aggregation = Aggregation.sum
    /// Positions, ascending.
    package var interim: [Int] = []
    package var cycle: BillingCycle
    /// Billed on the day after a period's last day; usage always is.
    package var isInArrears = false
    /// Positions; nil for those of the subscription.
    package var start: Int?
    package var end: Int?
    /// Billed once, on its start.
    package var isOnce = false
    /// Not there until a change adds it.
    package var isAdded = false
    /// Of an added item: it takes the interval that the subscription has on that day.
    package var followsSubscription = false
    package var taxes: [TaxRate] = []

    package init(id: String?, phases: [Phase], cycle: BillingCycle) {
        self.id = id
        self.phases = phases
        self.cycle = cycle
    }
}

/// A reduction of an invoice.
package struct Discount: Sendable, Hashable {
    /// How much it takes.
    package enum Value: Sendable, Hashable {
        /// A fraction, 1/10 for 10 %.
        case fraction(Rational)
        /// Minor units, once an invoice.
        case amount(Rational)
    }

    package var value: Value
    /// For so many periods from the first; nil for all.
    package var periods: Int?
    /// Indices of items; nil for all.
    package var items: Set<Int>?
    package var name: String?

    package init(_ value: Value, periods: Int? = nil, items: Set<Int>? = nil, name: String? = nil) {
        self.value = value
        self.periods = periods
        self.items = items
        self.name = name
    }
}

/// A subscription with everything that happens to it.
package struct BillingScenario: Sendable, Hashable {
    package var currency: Currency
    package var axis: TimeAxis
    /// The first position of service, and the date that it lies on.
    package var start: Int
    /// What was due before this date is issued on it.
    package var created: CalendarDate?
    /// Invoices that are issued before this date are made.
    package var until: CalendarDate
    package var cycle: BillingCycle
    package var anchor = AnchorRule.start
    package var trial: Trial?
    /// The position at which service ends, known from the beginning.
    package var end: Int?
    /// The number of periods after which it ends.
    package var term: Int?
    /// Whether the items were given as a list.
    package var hasSeveralItems = false
    package var items: [ScenarioItem]
    /// The least that all items together cost in a period, in minor units.
    package var minimum: Rational?
    package var changes: [ScenarioChange] = []
    package var discounts: [Discount] = []
    /// On lines of all items; every item has its own.
    package var taxes: [TaxRate] = []
    /// Account credit at the start, in minor units.
    package var credit: Int64 = 0
    package var policies = BillingPolicies()
    /// Whether changes after the end of service are ignored instead of refused: they were possible before the service was ended.
    package var ignoresChangesAfterEnd = false

    package init(
        currency: Currency, axis: TimeAxis, start: Int, until: CalendarDate, cycle: BillingCycle, items: [ScenarioItem]
    ) {
        self.currency = currency
        self.axis = axis
        self.start = start
        self.until = until
        self.cycle = cycle
        self.items = items
    }
}
