/// A scenario while it happens: from one position to the next at which something is due.
///
/// At each of them periods end, then changes are made, then periods begin, so that every invoice is what it would have been
/// if each change had become known only on its day.
struct BillingRun {
    let scenario: BillingScenario
    /// The first paid position: the start, or the end of the trial.
    var firstPaid: Int
    var anchor: Anchor
    var items: [ItemRun] = []
    /// The subscription's own interval, and its current period.
    var cycle: BillingCycle
    var boundaries: Boundaries
    var span: PeriodSpan?
    /// The paid periods so far: the last one is the current one.
    var periods: [(from: Int, to: Int)] = []
    /// Positions without service.
    var pauses: [(from: Int, to: Int?)] = []
    var isPaused: Bool { pauses.last.map { $0.to == nil } ?? false }
    /// Where a cancellation ends the service.
    var cancelEnd: Int?

    var lines: [WorkLine] = []
    /// The first line that may belong to the current period.
    var firstLine = 0
    /// The lines of the invoice that is not closed yet, and its day.
    var bucket: [Int] = []
    var bucketDate: CalendarDate?
    var invoices: [DraftInvoice] = []
    /// The lines of each invoice.
    var invoiceLines: [[Int]] = []
    var notes: [CreditNote] = []
    /// Credit notes on the invoice of the day.
    var waitingNotes: [ScenarioChange] = []
    var balance: Int64
    var nextChange = 0
    /// The first position that was not reached: where something is due next. Nil if nothing ever is.
    private(set) var nextDue: Int?
    /// What is being computed, for errors of arithmetic.
    var pointer = "/start"

    init(_ scenario: BillingScenario) throws {
        self.scenario = scenario
        balance = scenario.credit
        cycle = scenario.cycle
        firstPaid = scenario.start
        anchor = try Anchor(scenario.anchor, from: scenario.start, on: scenario.axis)
        boundaries = try anchor.boundaries(of: scenario.cycle, on: scenario.axis)
        for item in scenario.items {
            items.append(
                ItemRun(
                    item: item, start: max(scenario.start, item.start ?? scenario.start), cycle: item.cycle,
                    boundaries: boundaries, quantity: item.quantity, isDormant: item.isAdded))
        }
        if let trial = scenario.trial { firstPaid = try end(of: trial, from: scenario.start) }
        try setAnchor(scenario.anchor, from: firstPaid)
    }

    var axis: TimeAxis { scenario.axis }
    var currency: Currency { scenario.currency }

    /// The end of a trial that counts from a position.
    func end(of trial: Trial, from position: Int) throws -> Int {
        switch trial {
        case .days(let days): try axis.adding(days: days, to: position)
        case .until(let date): max(scenario.start, axis.position(of: date))
        }
    }

    mutating func setAnchor(_ rule: AnchorRule, from position: Int) throws {
        anchor = try Anchor(rule, from: position, on: axis)
        try alignBoundaries()
    }

    mutating func alignBoundaries() throws {
        boundaries = try anchor.boundaries(of: cycle, on: axis)
        for index in items.indices { items[index].boundaries = try anchor.boundaries(of: items[index].cycle, on: axis) }
    }

    // MARK: The loop

    mutating func run() throws -> BillingStatement {
        let until = axis.position(of: scenario.until)
        var position: Int? = scenario.start
        var steps = 0
        while let now = position, now < until {
            steps += 1
            guard steps <= Limits.steps else { throw ScenarioRefusal("/until", Limits.tooMany("due dates")) }
            try step(at: now)
            position = nextPosition(after: now)
        }
        nextDue = position
        try closeInvoice()
        return BillingStatement(
            invoices: invoices, creditNotes: notes,
            creditBalance: Money(minorUnits: balance, currency: currency),
            periods: periods.map { .init(from: axis.text($0.from), to: axis.text($0.to)) })
    }

    private mutating func step(at now: Int) throws {
        let today = try axis.local(now).date
        let date = max(today, scenario.created ?? today)
        if bucketDate != date {
            try closeInvoice()
            bucketDate = date
        }
        try endPeriods(at: now)
        try billInterimUsage(at: now)
        if now == scenario.start {
            try beginPeriods(at: now)
            // Changes on the start day follow the first invoice, on an invoice of their own.
            if date == today { try closeInvoice() }
        }
        while let change = dueChange(at: now), !change.hasOwnInvoice { try makeNext(change, at: now) }
        try beginPeriods(at: now)
        while let change = dueChange(at: now) {
            try closeInvoice()
            try makeNext(change, at: now)
            try beginPeriods(at: now)
        }
    }

    private func dueChange(at now: Int) -> ScenarioChange? {
        guard nextChange < scenario.changes.count, scenario.changes[nextChange].position <= now else { return nil }
        return scenario.changes[nextChange]
    }

    private mutating func makeNext(_ change: ScenarioChange, at now: Int) throws {
        nextChange += 1
        pointer = change.pointer
        try make(change, at: now)
    }

    /// The next position at which something is due.
    private func nextPosition(after now: Int) -> Int? {
        var next: Int?
        func consider(_ position: Int?) {
            guard let position, position > now else { return }
            next = min(next ?? position, position)
        }
        let end = serviceEnd
        if nextChange < scenario.changes.count { consider(scenario.changes[nextChange].position) }
        consider(span.map(\.to))
        if span == nil, end.map({ firstPaid < $0 }) ?? true { consider(firstPaid) }
        for run in items where !run.isDone && !run.isDormant {
            if let span = run.span {
                consider(span.to)
            } else {
                consider(max(run.start, run.isMetered || run.item.isOnce ? run.start : firstPaid))
            }
            if run.nextInterim < run.item.interim.count { consider(run.item.interim[run.nextInterim]) }
        }
        return next
    }

    // MARK: The end

    /// Where service ends: by cancellation, by date, or with the term.
    var serviceEnd: Int? {
        var end = scenario.end
        if let cancelEnd { end = min(end ?? cancelEnd, cancelEnd) }
        if let term = termEnd { end = min(end ?? term, term) }
        return end
    }

    private var termEnd: Int? {
        guard let term = scenario.term else { return nil }
        let remaining = term - periods.count
        if remaining <= 0 { return periods.last?.to }
        let base = max(periods.last?.to ?? firstPaid, firstPaid)
        return try? boundaries.boundary(remaining, after: base)
    }

    /// The first position of the day after.
    func nextDay(_ position: Int) throws -> Int {
        axis.position(of: try axis.local(position).date.adding(days: 1))
    }
}
