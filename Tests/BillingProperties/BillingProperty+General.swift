import Billing
import JSONCoding

extension BillingProperty {
    /// What holds for every answer.
    static let general: [BillingProperty] = [
        BillingProperty("an invoice is the sum of its lines, and the account credit of its invoices") { request in
            let statement = try statement(request)
            var balance = Int64((request["credits"]?.arrayValue?.isEmpty ?? true) ? 0 : 7)
            if let currency = statement.invoices.first?.currency { balance *= currency.minorUnitsPerMajor }
            for invoice in statement.invoices {
                let sum = invoice.lines.reduce(0) { $0 + $1.amount.minorUnits }
                guard sum == invoice.subtotal.minorUnits else { return "subtotal of \(sum)" }
                let discounts = invoice.adjustments.filter { $0.kind == .discount }.reduce(0) {
                    $0 + $1.amount.minorUnits
                }
                let taxes = invoice.adjustments.filter { $0.kind == .tax }.reduce(0) { $0 + $1.amount.minorUnits }
                guard discounts == -invoice.discount.minorUnits, taxes == invoice.tax.minorUnits else {
                    return "discounts of \(discounts), taxes of \(taxes)"
                }
                let due = sum - invoice.discount.minorUnits + taxes - invoice.credit.minorUnits
                guard due == invoice.total.minorUnits, due >= 0 else { return "total of \(due)" }
                balance -= invoice.credit.minorUnits
                guard balance == invoice.creditBalance.minorUnits, balance >= 0 else { return "balance of \(balance)" }
                guard invoice.lines.contains(where: { !$0.amount.isZero }) else { return "an invoice of zeros" }
            }
            if let last = statement.invoices.last, last.creditBalance != statement.creditBalance {
                return "the last balance"
            }
            let days = statement.invoices.compactMap(\.issuedOn)
            return days == days.sorted() ? nil : "days out of order"
        },
        BillingProperty("shares add up to the discount, and tax is due on the exact rest of each line") { request in
            for invoice in try statement(request).invoices {
                var (discount, tax) = (Rational.zero, Rational.zero)
                for line in invoice.lines {
                    guard let details = line.details else { return "no details" }
                    discount = try discount.addingBounded(details.discountShare)
                    tax = try tax.addingBounded(details.taxShare)
                }
                let mode: RoundingMode = request["policies"]?["rounding"] == "half_even" ? .halfEven : .halfUp
                guard discount.rounded(mode) == invoice.discount.minorUnits else { return "a discount of \(discount)" }
                guard tax.rounded(mode) == invoice.tax.minorUnits else { return "a tax of \(tax)" }
            }
            return nil
        },
        BillingProperty("what an item has been credited never exceeds what it has been billed") { request in
            var billed: [String: Int64] = [:]
            for invoice in try statement(request).invoices {
                for line in invoice.lines where line.kind != .usage {
                    billed[line.details?.item ?? "", default: 0] += line.amount.minorUnits
                }
                for (item, sum) in billed where sum < 0 { return "\(item): \(sum)" }
            }
            return nil
        },
        BillingProperty("the formula of every line gives its amount") { request in
            for invoice in try statement(request).invoices {
                for line in invoice.lines {
                    guard let text = line.details?.explanation.formula else { return "no explanation" }
                    guard let major = Formula.value(of: text),
                        let minor = try? major.multiplied(by: Rational(invoice.currency.minorUnitsPerMajor)),
                        let difference = try? minor.subtracting(Rational(line.amount.minorUnits))
                    else { return "\(text) of \(line.amount)" }
                    // Half a minor unit of rounding, one of a residue, and what is beyond twelve decimals.
                    let limit = try Rational(1_501, 1_000)
                    guard difference < limit, difference > limit.negated else { return "\(text) of \(line.amount)" }
                }
            }
            return nil
        },
    ]

    /// What holds whenever it is computed.
    static let ofTime: [BillingProperty] = [
        BillingProperty("computing it again, or up to an earlier day, gives the same invoices") { request in
            let all = try statement(request)
            guard try statement(request) == all else { return "another answer" }
            guard let start = try? CalendarDate(request["start"]?.stringValue ?? ""),
                let until = try? CalendarDate(request["until"]?.stringValue ?? "")
            else { return nil }
            let middle = try start.adding(days: max(1, start.days(until: until) / 2))
            var earlier = request
            earlier["until"] = .string(middle.description)
            let invoices = try statement(earlier).invoices
            return invoices == Array(all.invoices.prefix { ($0.issuedOn ?? middle) < middle }) ? nil : "until \(middle)"
        },
        BillingProperty("a change has no effect on invoices before its day") { request in
            guard let changes = request["changes"]?.arrayValue, let last = changes.last,
                let day = try? CalendarDate(last["at"]?.stringValue ?? "")
            else { return nil }
            let all = try statement(request)
            var without = request
            without["changes"] = .array(changes.dropLast())
            func before(_ statement: BillingStatement) -> [DraftInvoice] {
                statement.invoices.filter { ($0.issuedOn ?? day) < day }
            }
            return before(all) == before(try statement(without)) ? nil : "before \(day)"
        },
    ]
}
