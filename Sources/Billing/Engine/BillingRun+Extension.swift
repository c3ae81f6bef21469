// A change that buys time: what is left of a period is worth days at the new price.

extension BillingRun {
    /// The value of the rest buys days at the new price; then a new period begins.
    mutating func extend(item index: Int, by update: ItemRun.Update, at now: Int) throws {
        guard !items[index].isInArrears, let segment = items[index].segment, let source = segment.line else {
            // Nothing is paid yet: no days are bought.
            return try beginAnew(item: index, by: update, at: now)
        }
        let billed = lines[source]
        let left = try max(Rational.zero, Rational(billed.amount).subtracting(billed.credited))
        let value = min(left, try billed.exact.multiplied(by: restShare(of: segment, from: now)))
        lines[source].credited = try billed.credited.adding(value)
        items[index].apply(update.withoutCycle)
        let measure = Measure(quantity: items[index].currentQuantity)
        let price = try items[index].price.amount(for: measure, chargesZero: chargesZero)
        guard price > .zero else {
            throw ScenarioRefusal("\(pointer)/policy", "A price of zero would extend the time without end")
        }
        // The days of the current period, whose price is the new one.
        let days = try Rational(Int128(segment.span.total), Int128(axis.dayLength))
        let bought = try value.multiplied(by: days).divided(by: price).roundedUp
        guard let count = Int(exactly: bought), count <= Limits.extendedDays else { throw BillingError.overflow }
        var end = try axis.adding(days: count, to: now)
        for limit in [serviceEnd, items[index].item.end] { end = min(end, limit ?? end) }
        try apply(update.cycleAlone, to: index)
        guard count > 0 else {
            (items[index].segment, items[index].span) = (nil, nil)
            return try restartPeriod(of: index, at: now)
        }
        try holdExtension(of: index, value: value, source: source, from: now, to: end)
    }

    /// The bought time is paid for by what is left of the line: no line of an invoice, but one that can be credited.
    private mutating func holdExtension(of index: Int, value: Rational, source: Int, from now: Int, to end: Int) throws
    {
        let span = PeriodSpan(from: now, to: end, wholeFrom: now, wholeTo: end, total: end - now)
        var line = WorkLine(
            kind: .recurring, item: index, span: span, from: now, to: end, price: value, exact: value,
            amount: try rounded(value), source: source, rule: "", formula: "")
        let part = lines[source].exact == .zero ? Rational.zero : try value.divided(by: lines[source].exact)
        line.fraction = try lines[source].fraction.multiplied(by: part)
        line.discountShares = try lines[source].discountShares.map { try $0.multipliedBounded(by: part) }
        line.isHeld = true
        lines.append(line)
        var segment = Segment(
            from: now, to: end, span: span, price: items[index].price, quantity: items[index].currentQuantity)
        segment.line = lines.count - 1
        items[index].segment = segment
        items[index].span?.to = end
        items[index].movesAnchorAtEnd = true
        guard isSubscription(index), self.span != nil, !periods.isEmpty else { return }
        self.span?.to = end
        periods[periods.count - 1].to = end
        for other in items.indices where other != index && items[other].isMetered && items[other].span != nil {
            items[other].span?.to = end
            items[other].segment?.to = end
        }
    }
}
