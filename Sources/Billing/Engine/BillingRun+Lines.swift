// Lines, each with its explanation.

extension BillingRun {
    /// Adds a line to the invoice of the day, or to what waits for the next period's.
    @discardableResult
    mutating func add(_ line: WorkLine, isPending: Bool = false) throws -> Int {
        var line = line
        line.periodNumber = periodNumber(at: line.from)
        lines.append(line)
        guard lines.count <= Limits.lines else { throw ScenarioRefusal("/until", Limits.tooMany("lines")) }
        let index = lines.count - 1
        if isPending, let item = line.item {
            items[item].pending.append(index)
        } else {
            bucket.append(index)
        }
        return index
    }

    private func periodNumber(at position: Int) -> Int {
        var number = periods.count
        while number > 0, periods[number - 1].from > position { number -= 1 }
        return number
    }

    func rounded(_ exact: Rational) throws -> Int64 {
        let amount = try Money(rounding: exact, currency: currency, mode: scenario.policies.rounding).minorUnits
        guard amount.magnitude <= Limits.minorUnits.magnitude else { throw BillingError.overflow }
        return amount
    }

    var chargesZero: Bool { scenario.policies.zeroUsageFlatFee == .charged }

    // MARK: Recurring prices

    /// The price of a segment up to a position.
    mutating func addCharge(
        of index: Int, _ segment: Segment, to: Int, kind: InvoiceLineDetails.Kind, isPending: Bool = false
    ) throws -> Int {
        let measure = Measure(quantity: segment.quantity)
        let price = try segment.price.amount(for: measure, chargesZero: chargesZero)
        let fraction = try fraction(segment.span, from: segment.from, to: to)
        let exact = try price.multiplied(by: fraction)
        let formula = try segment.price.formula(for: measure, chargesZero: chargesZero)
        var line = WorkLine(
            kind: kind, item: index, span: segment.span, from: segment.from, to: to, quantity: segment.quantity,
            price: price, exact: exact, amount: try rounded(exact),
            rule: fraction == .one ? "whole period" : "part of a period",
            formula: try partial(formula, segment.span, from: segment.from, to: to))
        line.fraction = fraction
        line.inputs = segment.price.inputs.map { .init(name: $0.name, value: $0.value) }
        line.inputs.append(.init(name: "quantity", value: segment.quantity.decimalText()))
        line.inputs.append(try days(segment.span, from: segment.from, to: to))
        return try add(line, isPending: isPending)
    }

    /// `formula × 17/31`.
    private func partial(_ formula: String, _ span: PeriodSpan, from: Int, to: Int) throws -> String {
        guard try fraction(span, from: from, to: to) != .one else { return formula }
        let whole = formula.contains(" + ") && !formula.hasPrefix("min(") ? "(\(formula))" : formula
        return "\(whole) × \(try length(span, from: from, to: to))/\(span.total)"
    }

    private func days(_ span: PeriodSpan, from: Int, to: Int) throws -> InvoiceLineDetails.Input {
        input(of: try length(span, from: from, to: to), in: span)
    }

    /// `days: 17/31`.
    func input(of length: Int, in span: PeriodSpan) -> InvoiceLineDetails.Input {
        .init(name: axis.granularity == .day ? "days" : "seconds", value: "\(length)/\(span.total)")
    }

    /// How much of a time was without service.
    func pausedLength(_ span: PeriodSpan, from: Int, to: Int) throws -> Int {
        var sum = 0
        for pause in pauses { sum += try length(span, from: max(pause.from, from), to: min(pause.to ?? to, to)) }
        return sum
    }

    /// Takes back the rest of what was billed in advance, at most what is left of it (policy P7).
    mutating func addCredit(of index: Int, from now: Int, isPending: Bool = false) throws {
        guard let segment = items[index].segment, let source = segment.line, now < segment.to else { return }
        let billed = lines[source]
        let part = try restShare(of: segment, from: now)
        let value = try billed.exact.multiplied(by: part)
        let left = try max(Rational.zero, Rational(billed.amount).subtracting(billed.credited))
        let credit = min(value, left)
        guard credit > .zero else { return }
        let amount = try rounded(credit)
        lines[source].credited = try billed.credited.adding(Rational(amount))
        var line = WorkLine(
            kind: .prorationCredit, item: index, span: segment.span, from: now, to: segment.to,
            quantity: segment.quantity, price: billed.price, exact: credit.negated, amount: -amount, source: source,
            rule: value > left ? "rest of a period, at most what is left of its line" : "rest of a period",
            formula: "")
        line.fraction = try billed.fraction.multiplied(by: part)
        let price = currency.majorText(billed.price)
        line.formula =
            value > left
            ? "−(\(currency.majorText(Rational(billed.amount))) − \(currency.majorText(billed.credited)))"
            : "−\(try partial(price, segment.span, from: now, to: segment.to))"
        line.inputs = [
            .init(name: "price", value: price), try days(segment.span, from: now, to: segment.to),
            .init(name: "billed", value: currency.majorText(Rational(billed.amount))),
            .init(name: "creditedBefore", value: currency.majorText(billed.credited)),
        ]
        try add(line, isPending: isPending)
    }

    /// The part of a segment from a position on.
    func restShare(of segment: Segment, from now: Int) throws -> Rational {
        let whole = try fraction(segment.span, from: segment.from, to: segment.to)
        guard whole > .zero else { return .zero }
        return try fraction(segment.span, from: now, to: segment.to).divided(by: whole)
    }

    // MARK: Other lines

    mutating func addSetup(of index: Int, at now: Int) throws {
        let run = items[index]
        let measure = Measure(quantity: run.currentQuantity)
        let exact = try run.price.amount(for: measure, chargesZero: chargesZero)
        var line = WorkLine(
            kind: .setup, item: index, from: now, to: try nextDay(now), quantity: run.currentQuantity, price: exact,
            exact: exact, amount: try rounded(exact), rule: "billed once",
            formula: try run.price.formula(for: measure, chargesZero: chargesZero))
        line.inputs = run.price.inputs.map { .init(name: $0.name, value: $0.value) }
        line.inputs.append(.init(name: "quantity", value: run.currentQuantity.decimalText()))
        try add(line)
    }
}
