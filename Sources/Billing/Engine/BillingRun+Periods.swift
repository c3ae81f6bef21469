// Periods end and begin.

extension BillingRun {
    // MARK: Beginning

    mutating func beginPeriods(at now: Int) throws {
        let end = serviceEnd
        if let end, now >= end { return finishItems() }
        if span == nil, now >= firstPaid {
            let whole = try makeSpan(of: boundaries, at: now, isFirst: periods.isEmpty)
            var served = whole
            served.to = min(whole.to, end ?? whole.to)
            beginSubscriptionPeriod(served)
            guard periods.count <= Limits.periods else { throw ScenarioRefusal("/until", Limits.tooMany("periods")) }
            // The term may end here.
            if let end = serviceEnd, end < served.to { shorten(to: end) }
        }
        let last = serviceEnd
        for index in items.indices { try begin(item: index, at: now, end: last) }
    }

    mutating func beginSubscriptionPeriod(_ span: PeriodSpan) {
        self.span = span
        periods.append((span.from, span.to))
        firstLine = lines.count
    }

    private mutating func begin(item index: Int, at now: Int, end: Int?) throws {
        let run = items[index]
        guard !run.isDone, !run.isDormant, run.span == nil, now >= run.start else { return }
        // A move of the anchor has ended the last period of what was removed.
        guard !run.endsWithPeriod else { return items[index].isDone = true }
        if let itemEnd = run.item.end, now >= itemEnd {
            items[index].isDone = true
            return
        }
        pointer = run.item.pointer
        if run.item.isOnce {
            items[index].isDone = true
            return try addSetup(of: index, at: now)
        }
        let isPaid = now >= firstPaid
        guard run.isMetered || isPaid else { return }
        if isPaid { items[index].periodCount += 1 }
        var span = try makeSpan(of: run.boundaries, at: now, isFirst: isPaid && run.periodCount == 0)
        for limit in [end, run.item.end] { span.to = min(span.to, limit ?? span.to) }
        items[index].span = span
        if !isPaused || run.isMetered { try openSegment(of: index, from: now, kind: .recurring) }
    }

    /// Bills a new segment from a position to the end of the item's period: now in advance, else when it ends.
    mutating func openSegment(of index: Int, from now: Int, kind: InvoiceLineDetails.Kind, isPending: Bool = false)
        throws
    {
        guard let span = items[index].span else { return }
        let run = items[index]
        var segment = Segment(from: now, to: span.to, span: span, price: run.price, quantity: run.currentQuantity)
        if !run.isInArrears {
            segment.line = try addCharge(of: index, segment, to: span.to, kind: kind, isPending: isPending)
        }
        items[index].segment = segment
    }

    func makeSpan(of boundaries: Boundaries, at position: Int, isFirst: Bool) throws -> PeriodSpan {
        let index = try boundaries.index(containing: position)
        let (from, to) = (try boundaries.position(index), try boundaries.position(index + 1))
        var span = PeriodSpan(from: position, to: to, wholeFrom: from, wholeTo: to, total: to - from)
        switch scenario.policies.denominator {
        case .containingPeriod: break
        case .imaginedFromStart:
            guard isFirst, position > from else { break }
            let (date, second) = try axis.local(position)
            let imagined = BillingSchedule(cycle: boundaries.schedule.cycle, anchor: date)
            span.total = axis.position(of: try imagined.boundary(1), second: second) - position
        case .fixedThirtyDays:
            let total = try axis.lengthOfThirtyDayMonths(from: from, to: to)
            if total > 0 { (span.total, span.hasThirtyDayMonths) = (total, true) }
        }
        return span
    }

    /// The part of the whole period from one position to another.
    func fraction(_ span: PeriodSpan, from: Int, to: Int) throws -> Rational {
        if from == span.wholeFrom, to == span.wholeTo { return .one }
        return try Rational(Int128(length(span, from: from, to: to)), Int128(span.total))
    }

    func length(_ span: PeriodSpan, from: Int, to: Int) throws -> Int {
        guard span.hasThirtyDayMonths else { return max(0, to - from) }
        return try max(0, axis.lengthOfThirtyDayMonths(from: from, to: to))
    }

    // MARK: Ending

    mutating func endPeriods(at now: Int) throws {
        for index in items.indices where items[index].span?.to == now {
            pointer = items[index].item.pointer
            try close(item: index, at: now)
        }
        guard let span, span.to == now else { return }
        try addMinimumOfAll(span, to: now)
        self.span = nil
    }

    /// Ends an item's period: bills what is due after it, and what waited for it.
    mutating func close(item index: Int, at now: Int) throws {
        if let segment = items[index].segment { try billEnd(of: index, segment, at: now) }
        items[index].segment = nil
        items[index].span = nil
        flushPending(of: index)
        if items[index].endsWithPeriod { items[index].isDone = true }
        if items[index].movesAnchorAtEnd {
            items[index].movesAnchorAtEnd = false
            try setAnchor(.start, from: now)
        }
        let updates = items[index].scheduled
        items[index].scheduled = []
        for update in updates { try apply(update, to: index) }
    }

    /// What is due when a segment ends: arrears, usage, and what is missing to its minimum.
    mutating func billEnd(of index: Int, _ segment: Segment, at now: Int, isPending: Bool = false) throws {
        guard segment.from < now else { return }
        if items[index].isMetered {
            try addUsage(of: index, segment, to: now, isPending: isPending)
        } else if items[index].isInArrears {
            let line = try addCharge(of: index, segment, to: now, kind: .recurring, isPending: isPending)
            items[index].segment?.line = line
        }
        try addMinimum(of: index, items[index].segment ?? segment, to: now, isPending: isPending)
    }

    mutating func flushPending(of index: Int) {
        bucket += items[index].pending
        items[index].pending = []
    }

    /// After the end of service nothing begins.
    private mutating func finishItems() {
        for index in items.indices { items[index].isDone = true }
    }

    /// Ends the current period of the subscription, and of its items, earlier, without lines.
    mutating func shorten(to end: Int) {
        if let span, span.to > end {
            self.span?.to = end
            if !periods.isEmpty { periods[periods.count - 1].to = end }
        }
        for index in items.indices where (items[index].span?.to ?? end) > end { items[index].span?.to = end }
    }

    /// A new price, quantity, or interval from now on; with one price the interval is that of the subscription.
    mutating func apply(_ update: ItemRun.Update, to index: Int) throws {
        items[index].apply(update)
        guard let cycle = update.cycle else { return }
        if isSubscription(index) {
            self.cycle = cycle
            for other in items.indices where !items[other].item.isAdded { items[other].cycle = cycle }
        }
        try alignBoundaries()
    }
}
