// What the lines of a period leave missing to a minimum.

extension BillingRun {
    /// What is missing to the minimum of a price, for the part of the period that a segment has lasted.
    mutating func addMinimum(of index: Int, _ segment: Segment, to end: Int, isPending: Bool = false) throws {
        let from = max(segment.from, firstPaid)
        guard let minimum = segment.price.minimum, from < end else { return }
        let paused = try segment.line == nil ? pausedLength(segment.span, from: from, to: end) : 0
        let share = try fraction(segment.span, from: from, to: end)
            .subtracting(Rational(Int128(paused), Int128(segment.span.total)))
        let due = try rounded(minimum.multiplied(by: max(.zero, share)))
        var billed = segment.billed
        if let line = segment.line {
            billed = try rounded(Rational(lines[line].amount).subtracting(lines[line].credited))
        }
        guard due > billed else { return }
        var line = missingLine(
            to: minimum, for: try length(segment.span, from: from, to: end) - paused, of: segment.span, billed: billed,
            due: due, rule: "what is missing to the minimum")
        (line.item, line.from, line.to) = (index, from, end)
        try add(line, isPending: isPending)
    }

    /// What all lines of the subscription's period leave missing to the minimum of all items.
    mutating func addMinimumOfAll(_ span: PeriodSpan, to end: Int) throws {
        guard let minimum = scenario.minimum, span.from < end else { return }
        pointer = "/minimum"
        try settleRounding()
        let served = try length(span, from: span.from, to: end) - pausedLength(span, from: span.from, to: end)
        let due = try rounded(minimum.multiplied(by: Rational(Int128(max(0, served)), Int128(span.total))))
        var billed: Int64 = 0
        for line in lines[firstLine...] where line.periodNumber == periods.count && !line.isHeld {
            let (sum, overflow) = billed.addingReportingOverflow(line.amount)
            guard !overflow else { throw BillingError.overflow }
            billed = sum
        }
        // A credit for a period of an item that began earlier is not taken back.
        billed = max(0, billed)
        guard due > billed else { return }
        var line = missingLine(
            to: minimum, for: served, of: span, billed: billed, due: due,
            rule: "what is missing to the minimum of all items")
        line.to = end
        try add(line)
    }

    /// `100.00 × 17/31 − 25.50`.
    private func missingLine(
        to minimum: Rational, for length: Int, of span: PeriodSpan, billed: Int64, due: Int64, rule: String
    ) -> WorkLine {
        let exact = Rational(due - billed)
        let part = length == span.total ? "" : " × \(length)/\(span.total)"
        let (minimumText, billedText) = (currency.majorText(minimum), currency.majorText(Rational(billed)))
        var line = WorkLine(
            kind: .minimum, item: nil, span: span, from: span.from, to: span.to, price: exact, exact: exact,
            amount: due - billed, rule: rule, formula: "\(minimumText)\(part) − \(billedText)")
        line.inputs = [
            .init(name: "minimum", value: minimumText), .init(name: "billed", value: billedText),
            input(of: length, in: span),
        ]
        return line
    }
}
