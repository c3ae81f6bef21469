// Taxes are due on the amount of a line less its exact share of the discounts, and rounded once for an invoice.

extension BillingRun {
    /// Taxes on an amount: each, and the sum of those that are not within it. Exact, in minor units.
    static func taxes(_ rates: [TaxRate], on amount: Rational) throws -> [Rational] {
        var inclusive = Rational.one
        for rate in rates where rate.isInclusive && !rate.isReverseCharge {
            inclusive = try inclusive.adding(rate.rate)
        }
        let net = inclusive == .one ? amount : try amount.multipliedBounded(by: Rational.one.divided(by: inclusive))
        return try rates.map { $0.isReverseCharge ? .zero : try net.multipliedBounded(by: $0.rate) }
    }

    mutating func shareTaxes() throws -> Adjustments {
        var rates: [TaxRate] = []
        var (sums, bases) = ([Rational](), [Rational]())
        for index in bucket {
            let taxes = taxes(of: lines[index])
            guard !taxes.isEmpty else { continue }
            let base = try Rational(lines[index].amount).addingBounded(lines[index].discountShare.negated)
            var share = Rational.zero
            for (rate, tax) in zip(taxes, try Self.taxes(taxes, on: base)) {
                share = try share.addingBounded(tax)
                if let place = rates.firstIndex(of: rate) {
                    sums[place] = try sums[place].addingBounded(tax)
                    bases[place] = try bases[place].addingBounded(base)
                } else {
                    rates.append(rate)
                    sums.append(tax)
                    bases.append(base)
                }
            }
            lines[index].taxShare = share
        }
        return try taxLines(rates, sums, bases)
    }

    func taxes(of line: WorkLine) -> [TaxRate] {
        line.item.map { items[$0].item.taxes } ?? scenario.taxes
    }

    /// One line for each rate; they add up to the rounded sum, the residue on the largest.
    private func taxLines(_ rates: [TaxRate], _ sums: [Rational], _ bases: [Rational]) throws -> Adjustments {
        var adjustments = Adjustments()
        var all = Rational.zero
        for sum in sums { all = try all.addingBounded(sum) }
        adjustments.total = try rounded(all)
        let added = rates.indices.filter { !rates[$0].isInclusive }
        var parts = [Int64](repeating: 0, count: rates.count)
        if added.count == rates.count {
            (parts, adjustments.added) = try apportion(sums)
        } else {
            let (addedParts, addedTotal) = try apportion(added.map { sums[$0] })
            adjustments.added = addedTotal
            for (place, part) in zip(added, addedParts) { parts[place] = part }
            let within = rates.indices.filter { rates[$0].isInclusive }
            let withinParts = try apportion(within.map { sums[$0] }).parts
            for (place, part) in zip(within, withinParts) { parts[place] = part }
            // Of both kinds together, the sum is rounded once.
            let residue = adjustments.total - parts.reduce(0, +)
            if residue != 0, let place = Self.largest(of: within.map { sums[$0] }) { parts[within[place]] += residue }
        }
        for (place, rate) in rates.enumerated() {
            let percent = try rate.rate.multiplied(by: Rational(100)).decimalText()
            let base = currency.majorText(bases[place], places: 9)
            let rule =
                rate.isReverseCharge
                ? "reverse charge: the customer owes the tax"
                : rate.isInclusive ? "tax within the amounts less discounts" : "tax on the amounts less discounts"
            let formula =
                rate.isReverseCharge
                ? "0" : rate.isInclusive ? "\(base) ÷ (100% + inclusive rates) × \(percent)%" : "\(base) × \(percent)%"
            adjustments.lines.append(
                try adjustment(
                    .tax, "\(rate.name) \(percent)%", amount: parts[place], exact: sums[place], rule: rule,
                    formula: formula,
                    inputs: [
                        .init(name: "name", value: rate.name), .init(name: "rate", value: "\(percent)%"),
                        .init(name: "base", value: base),
                        .init(name: "exact", value: currency.majorText(sums[place], places: 9)),
                    ], taxes: [rate]))
        }
        return adjustments
    }
}
