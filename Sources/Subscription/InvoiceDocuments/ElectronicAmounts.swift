import Billing
import EInvoicing

/// The amounts of a document net of included taxes, such that by the rules of EN 16931 they add up to exactly what was billed: the sums
/// are fixed first, and the remainder of rounding goes to the largest part.
struct ElectronicAmounts {
    private(set) var lines: [ElectronicInvoice.Line] = []
    private(set) var allowances: [ElectronicInvoice.Allowance] = []
    private(set) var subtotals: [ElectronicInvoice.Subtotal] = []

    /// The lines of one kind of tax, in minor units.
    private struct Group {
        let tax: ElectronicInvoice.Tax
        /// Indices of the lines.
        var lines: [Int] = []
        var net = Rational.zero
        var taxes = Rational.zero
        var hasDiscounts = false
    }

    /// - Parameter isTaxable: Whether the seller is registered for taxes: if so, lines without taxes are exempt.
    init(_ document: BillingDocument, isTaxable: Bool) throws {
        var groups: [Group] = []
        var nets: [Rational] = []
        /// Which group each line is in.
        var places: [Int] = []
        for (index, line) in document.lines.enumerated() {
            let rates = line.chargedRates
            let within = try Self.sum(rates.filter(\.isInclusive))
            let percent = try Self.sum(rates)
            let tax = Self.tax(line, percent, isTaxable: isTaxable)
            let factor = try Rational.one.divided(by: Rational.one.adding(within.divided(by: Rational(100))))
            let net = try line.amount.exact.multiplied(by: factor)
            let discounted = try line.amount.exact.subtracting(line.discountShare).multiplied(by: factor)
            let place = groups.firstIndex { $0.tax == tax } ?? groups.count
            if place == groups.count { groups.append(Group(tax: tax)) }
            places.append(place)
            groups[place].lines.append(index)
            groups[place].net = try groups[place].net.adding(discounted)
            groups[place].taxes = try groups[place].taxes.adding(
                discounted.multiplied(by: percent).divided(by: Rational(100)))
            if line.discountShare != .zero { groups[place].hasDiscounts = true }
            nets.append(net)
        }
        let gross = try document.total.adding(document.credit).minorUnits
        let charged = groups.contains { $0.tax.category == .standard } ? document.tax.minorUnits : 0
        let taxes = Self.apportion(
            groups.map { $0.tax.category == .standard ? $0.taxes : .zero }, to: charged)
        let taxable = Self.apportion(groups.map(\.net), to: gross - charged)
        var amounts = nets.map { Int64(clamping: $0.rounded()) }
        for (place, group) in groups.enumerated() {
            let difference = group.lines.reduce(Int64(0)) { $0 + amounts[$1] } - taxable[place]
            if group.hasDiscounts, difference > 0 {
                allowances.append(
                    .init(amount: Money(minorUnits: difference, currency: document.currency), tax: group.tax))
            } else if difference != 0,
                let largest = group.lines.max(by: { amounts[$0].magnitude < amounts[$1].magnitude })
            {
                amounts[largest] -= difference
            }
            subtotals.append(
                .init(
                    tax: group.tax, taxable: Money(minorUnits: taxable[place], currency: document.currency),
                    amount: Money(minorUnits: taxes[place], currency: document.currency)))
        }
        for (index, line) in document.lines.enumerated() {
            lines.append(
                .init(
                    name: line.description.isEmpty ? "Item \(index + 1)" : line.description, description: line.formula,
                    period: line.period, net: Money(minorUnits: amounts[index], currency: document.currency),
                    tax: groups[places[index]].tax))
        }
    }

    private static func sum(_ rates: [BillingDocument.Rate]) throws -> Rational {
        try rates.reduce(Rational.zero) { try $0.adding($1.percent) }
    }

    private static func tax(
        _ line: BillingDocument.Line, _ percent: Rational, isTaxable: Bool
    ) -> ElectronicInvoice.Tax {
        guard !line.rates.isEmpty else { return .init(isTaxable ? .exempt : .notSubject) }
        guard percent == .zero else { return .init(.standard, percent: percent) }
        return .init(line.rates.contains(where: \.isReverseCharge) ? .reverseCharge : .zero)
    }

    /// Rounded parts that add up to a sum; the remainder goes to the largest.
    private static func apportion(_ exact: [Rational], to sum: Int64) -> [Int64] {
        var parts = exact.map { Int64(clamping: $0.rounded()) }
        let residue = sum - parts.reduce(0, +)
        if residue != 0, let largest = parts.indices.max(by: { parts[$0].magnitude < parts[$1].magnitude }) {
            parts[largest] += residue
        }
        return parts
    }
}
