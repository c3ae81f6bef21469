// Lines of discounts and taxes: what explains the sums of an invoice.

/// The lines that explain a sum of an invoice, and the sum in minor units.
struct Adjustments {
    var lines: [InvoiceLine] = []
    var total: Int64 = 0
    /// The part of a tax that is not within the amounts.
    var added: Int64 = 0
}

extension BillingRun {
    /// Exact sums rounded so that they add up to their rounded sum.
    func apportion(_ sums: [Rational]) throws -> (parts: [Int64], total: Int64) {
        var exact = Rational.zero
        for sum in sums { exact = try exact.addingBounded(sum) }
        let total = try rounded(exact)
        var parts = try sums.map { try rounded($0) }
        let residue = total - parts.reduce(0, +)
        if residue != 0, let largest = Self.largest(of: sums) { parts[largest] += residue }
        return (parts, total)
    }

    /// The place of the number that is farthest from zero: by its exact value, because rounded ones may all be zero.
    static func largest(of sums: [Rational]) -> Int? {
        sums.indices.max { abs(sums[$0]) < abs(sums[$1]) }
    }

    private static func abs(_ number: Rational) -> Rational { number < .zero ? number.negated : number }

    func adjustment(
        _ kind: InvoiceLineDetails.Kind, _ description: String, amount: Int64, exact: Rational, rule: String,
        formula: String, inputs: [InvoiceLineDetails.Input], taxes: [TaxRate] = []
    ) throws -> InvoiceLine {
        let money = Money(minorUnits: amount, currency: currency)
        let difference = try Rational(amount).addingBounded(exact.negated)
        return InvoiceLine(
            description: description, price: money, period: nil, whole: nil, exact: exact, amount: money,
            details: .init(
                kind: kind, item: nil, from: nil, to: nil, quantity: nil, discountShare: .zero, taxShare: .zero,
                taxes: taxes,
                explanation: .init(rule: rule, formula: formula, inputs: inputs, rounding: rounding(difference))))
    }
}
