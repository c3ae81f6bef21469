/// A line while it is made: before its invoice is closed, it has no share of discounts and taxes.
struct WorkLine {
    var kind: InvoiceLineDetails.Kind
    /// An index; nil for a line of all items.
    var item: Int?
    var span: PeriodSpan?
    var from: Int
    var to: Int
    var quantity: Rational?
    /// The price of a whole period, in minor units.
    var price: Rational
    /// In minor units.
    var exact: Rational
    /// Rounded.
    var amount: Int64
    /// The part of the period.
    var fraction = Rational.one
    /// The line that this one credits, or whose place it takes.
    var source: Int?
    /// The number of the subscription's period that it belongs to, from 1; 0 before the first.
    var periodNumber = 0
    /// What was credited on it so far, before discounts.
    var credited = Rational.zero
    var discountShares: [Rational] = []
    var discountShare = Rational.zero
    var taxShare = Rational.zero
    var rule: String
    var formula: String
    var inputs: [InvoiceLineDetails.Input] = []
    /// Whether `exact` counts from what earlier steps have billed, so that it is not rounded again.
    var isStep = false
    /// Whether it is on no invoice: time that another line has paid for.
    var isHeld = false
}

/// What an item is billed in a part of a period: at one price, from one day on.
struct Segment {
    var from: Int
    var to: Int
    var span: PeriodSpan
    var price: Price
    var quantity: Rational
    /// The line that was billed in advance.
    var line: Int?
    /// Minor units of usage that were billed on interim days, and their quantity.
    var billed: Int64 = 0
    var billedQuantity = Rational.zero
    var billedUpTo: Int

    init(from: Int, to: Int, span: PeriodSpan, price: Price, quantity: Rational) {
        self.from = from
        self.to = to
        self.span = span
        self.price = price
        self.quantity = quantity
        billedUpTo = from
    }
}

/// What becomes of an item in the course of a scenario.
struct ItemRun {
    let item: ScenarioItem
    let start: Int
    var cycle: BillingCycle
    var boundaries: Boundaries
    var quantity: Rational
    /// Waits for the change that adds it.
    var isDormant = false
    /// A change has taken it away; it may be there until its period ends.
    var isRemoved = false
    /// It was removed, and is there until its period ends.
    var endsWithPeriod = false
    /// The price that a change has set in place of the phases.
    var changedPrice: Price?
    var hasChangedQuantity = false
    /// How many periods have begun.
    var periodCount = 0
    var span: PeriodSpan?
    var segment: Segment?
    /// Changes that take effect at the next boundary.
    var scheduled: [Update] = []
    /// Lines for the next period's invoice.
    var pending: [Int] = []
    var movesAnchorAtEnd = false
    var isDone = false
    var nextInterim = 0
    /// Up to where usage was counted.
    var measuredTo: Int?

    struct Update {
        var price: Price?
        var quantity: Rational?
        var cycle: BillingCycle?

        /// What takes effect at once where the interval waits for the next boundary.
        var withoutCycle: Update { Update(price: price, quantity: quantity, cycle: nil) }
        var cycleAlone: Update { Update(price: nil, quantity: nil, cycle: cycle) }
    }

    var isMetered: Bool { item.usage != nil }
    var isInArrears: Bool { item.isInArrears || isMetered }

    /// The price of the current period's phase, or the one that a change has set.
    var price: Price { changedPrice ?? phase.price }
    var currentQuantity: Rational { hasChangedQuantity ? quantity : phase.quantity ?? quantity }

    private var phase: Phase {
        var first = 1
        for phase in item.phases.dropLast() {
            guard let periods = phase.periods else { return phase }
            if max(1, periodCount) < first + periods { return phase }
            first += periods
        }
        return item.phases[item.phases.count - 1]
    }

    mutating func apply(_ update: Update) {
        if let price = update.price { changedPrice = price }
        if let quantity = update.quantity { (self.quantity, hasChangedQuantity) = (quantity, true) }
        if let cycle = update.cycle { self.cycle = cycle }
    }
}
