// Lines become invoices.

extension BillingRun {
    /// Parts of one period at one price on one invoice add up to its price: what rounding them apart leaves is put on the
    /// largest. May be repeated.
    mutating func settleRounding() throws {
        struct Group: Hashable {
            let item: Int?
            let span: [Int]
            let price: Rational
            let quantity: Rational?
            let isCredit: Bool
        }
        guard bucket.count > 1 else { return }
        var groups: [Group: [Int]] = [:]
        for index in bucket {
            let line = lines[index]
            guard let span = line.span, line.fraction != .one, !line.isStep, line.kind != .minimum else { continue }
            let group = Group(
                item: line.item, span: [span.wholeFrom, span.wholeTo], price: line.price, quantity: line.quantity,
                isCredit: line.kind == .prorationCredit)
            groups[group, default: []].append(index)
        }
        for parts in groups.values where parts.count > 1 && !hasOverlap(parts) {
            var (exact, sum) = (Rational.zero, Int64(0))
            for index in parts {
                lines[index].amount = try rounded(lines[index].exact)
                exact = try exact.addingBounded(lines[index].exact)
                sum += lines[index].amount
            }
            let residue = try rounded(exact) - sum
            let largest = Self.largest(of: parts.map { lines[$0].exact })
            if residue != 0, let largest { lines[parts[largest]].amount += residue }
        }
    }

    private func hasOverlap(_ parts: [Int]) -> Bool {
        let sorted = parts.map { (lines[$0].from, lines[$0].to) }.sorted { $0.0 < $1.0 }
        return zip(sorted, sorted.dropFirst()).contains { $0.1 > $1.0 }
    }

    /// Issues what is due so far, unless it is nothing.
    mutating func closeInvoice() throws {
        defer { bucket = [] }
        guard let date = bucketDate, date < scenario.until, !bucket.isEmpty else { return try refuseWaitingNotes() }
        pointer = ""
        try settleRounding()
        guard bucket.contains(where: { lines[$0].amount != 0 }) else { return try refuseWaitingNotes() }
        sortBucket()
        let discounts = try shareDiscounts()
        let taxes = try shareTaxes()
        func money(_ minorUnits: Int64) -> Money { Money(minorUnits: minorUnits, currency: currency) }
        let invoice = try DraftInvoice(
            issuedOn: date, lines: bucket.map { try finished(lines[$0]) },
            adjustments: discounts.lines + taxes.lines, discount: money(discounts.total), tax: money(taxes.total),
            addedTax: money(taxes.added), balance: money(balance))
        balance = invoice.creditBalance.minorUnits
        invoices.append(invoice)
        invoiceLines.append(bucket)
        let waiting = waitingNotes
        waitingNotes = []
        for note in waiting { try addCreditNote(note) }
    }

    /// By item, and for each in the order of time, a credit before the charge in its place; what concerns all comes last.
    private mutating func sortBucket() {
        guard bucket.count > 1 else { return }
        func key(_ index: Int) -> [Int] {
            let line = lines[index]
            let place = line.kind == .minimum ? 1 : 0
            return [line.item ?? items.count, place, line.from, line.kind == .prorationCredit ? 0 : 1, index]
        }
        bucket = bucket.map { (key($0), $0) }.sorted { $0.0.lexicographicallyPrecedes($1.0) }.map(\.1)
    }

    private func finished(_ line: WorkLine) throws -> InvoiceLine {
        let item = line.item.map { items[$0].item }
        let name = item?.id ?? "Subscription"
        let description =
            switch line.kind {
            case .recurring, .usage, .setup: name
            case .prorationCharge: "\(name), rest of the period"
            case .prorationCredit: "\(name), unused time"
            case .minimum: line.item == nil ? "Minimum of the period" : "\(name), minimum"
            case .discount, .tax: ""
            }
        let difference = try Rational(line.amount).subtracting(line.exact)
        let details = InvoiceLineDetails(
            kind: line.kind, item: item?.id, from: axis.text(line.from), to: axis.text(line.to),
            quantity: line.quantity, discountShare: line.discountShare, taxShare: line.taxShare,
            taxes: taxes(of: line),
            explanation: .init(
                rule: line.rule, formula: line.formula, inputs: line.inputs, rounding: rounding(difference)))
        return InvoiceLine(
            description: description, price: Money(minorUnits: try rounded(line.price), currency: currency),
            period: try period(line.from, line.to),
            whole: try line.span.flatMap { try period($0.wholeFrom, $0.wholeTo) },
            exact: line.exact, amount: Money(minorUnits: line.amount, currency: currency), details: details)
    }

    private func period(_ from: Int, _ to: Int) throws -> BillingPeriod? {
        guard axis.granularity == .day, from < to else { return nil }
        return try BillingPeriod(start: CalendarDate(daysSince1970: from), end: CalendarDate(daysSince1970: to))
    }

    /// The mode, and what rounding has added in major units.
    func rounding(_ difference: Rational) -> String {
        let text =
            difference == .zero
            ? "0" : (try? difference.divided(by: Rational(currency.minorUnitsPerMajor)))?.decimalText() ?? ""
        return "\(scenario.policies.rounding.rawValue), \(text)"
    }
}
