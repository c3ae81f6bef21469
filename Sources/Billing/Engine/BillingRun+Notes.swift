// Credit notes: what a line gives back after its invoice, at most what is left of it.

extension BillingRun {
    mutating func addCreditNote(_ change: ScenarioChange) throws {
        guard case .creditNote(let number, let place, let amount, let isRefund) = change.kind else { return }
        guard number <= invoices.count else {
            // It may be the invoice of this day, which is not issued yet.
            guard number == invoices.count + 1, waitsForToday(change) else {
                throw ScenarioRefusal("\(change.pointer)/invoice", "There is no such invoice on that day")
            }
            waitingNotes.append(change)
            return
        }
        guard place <= invoiceLines[number - 1].count else {
            throw ScenarioRefusal("\(change.pointer)/line", "The invoice has no such line that can be credited")
        }
        let index = invoiceLines[number - 1][place - 1]
        let line = lines[index]
        let net = try Rational(line.amount).addingBounded(line.discountShare.negated)
        guard try amount <= creditable(line), net > .zero else {
            throw ScenarioRefusal("\(change.pointer)/amount", "More than what is left of the line")
        }
        let gross = try Rational(amount).multipliedBounded(by: Rational(line.amount).dividedBounded(by: net))
        lines[index].credited = try min(Rational(line.amount), line.credited.addingBounded(gross))
        try issueNote(change, number: number, place: place, amount: amount, isRefund: isRefund, rates: taxes(of: line))
    }

    /// What credit notes may still give back of a line, in minor units: what is left of its amount less discounts.
    func creditable(_ line: WorkLine) throws -> Int64 {
        guard line.amount > 0 else { return 0 }
        let net = try Rational(line.amount).addingBounded(line.discountShare.negated)
        let left = try Rational(line.amount).addingBounded(line.credited.negated)
        return try rounded(max(.zero, left.multipliedBounded(by: net.dividedBounded(by: Rational(line.amount)))))
    }

    private mutating func issueNote(
        _ change: ScenarioChange, number: Int, place: Int, amount: Int64, isRefund: Bool, rates: [TaxRate]
    ) throws {
        var (tax, added) = (Rational.zero, Rational.zero)
        for (rate, share) in zip(rates, try Self.taxes(rates, on: Rational(amount))) {
            tax = try tax.addingBounded(share)
            if !rate.isInclusive { added = try added.addingBounded(share) }
        }
        func money(_ minorUnits: Int64) -> Money { Money(minorUnits: minorUnits, currency: currency) }
        let total = try money(amount).adding(money(rounded(added)))
        let date = try axis.local(change.position).date
        notes.append(
            CreditNote(
                issuedOn: max(date, scenario.created ?? date), invoice: number, line: place, amount: money(amount),
                tax: money(try rounded(tax)), total: total, isRefund: isRefund))
        if !isRefund { balance = try money(balance).adding(total).minorUnits }
    }

    /// Refuses credit notes on an invoice that was not issued.
    func refuseWaitingNotes() throws {
        guard let note = waitingNotes.first else { return }
        throw ScenarioRefusal("\(note.pointer)/invoice", "There is no such invoice on that day")
    }

    private func waitsForToday(_ change: ScenarioChange) -> Bool {
        guard let today = bucketDate, let date = try? axis.local(change.position).date else { return false }
        return max(date, scenario.created ?? date) == today
    }
}
