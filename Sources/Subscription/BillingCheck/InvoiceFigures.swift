import Primitives

/// The amounts that are stored about an invoice that was issued here, in minor units. What they must be follows from each other.
struct InvoiceFigures: Sendable, Hashable {
    let id: Identifier
    let tenant: Identifier?
    let subscription: Identifier?
    let number: String
    /// As the ledger sees it: `open`, `paid`, `void` or `uncollectible`.
    let stage: String
    var header = Header()
    var lines = Lines()
    /// Balances of the accounts of the ledger.
    var ledger: [String: Int64] = [:]
    /// What the ledger has received: payments less what was reversed.
    var received: Int64 = 0
    /// Of payments that have succeeded; nil if there is none.
    var payments: Int64?
    var notes = Notes()
    /// What prepaid credits have paid.
    var prepaid: Int64 = 0
    /// What credit notes have given back of that.
    var prepaidReturned: Int64 = 0

    /// What the row says.
    struct Header: Sendable, Hashable {
        var subtotal: Int64 = 0
        var discount: Int64 = 0
        var tax: Int64 = 0
        var credit: Int64 = 0
        var total: Int64 = 0
        var credited: Int64 = 0
    }

    /// The sums of the lines.
    struct Lines: Sendable, Hashable {
        var amounts: Int64 = 0
        /// Below zero.
        var discounts: Int64 = 0
        var taxes: Int64 = 0
        /// The part of the taxes that the amounts contain.
        var taxesWithin: Int64 = 0
        /// Whether lines explain discounts and taxes; those of an invoice that the engine has not made do not.
        var areExplained = false
        /// Lines of which more was credited than billed.
        var overcredited = 0
    }

    /// The sums of the credit notes.
    struct Notes: Sendable, Hashable {
        var total: Int64 = 0
        var tax: Int64 = 0
        var toInvoice: Int64 = 0
        var toAccount: Int64 = 0
        var refunded: Int64 = 0
        /// Of the notes that a person has made; of its own, the engine knows what is left.
        var manual: Int64 = 0
        /// Notes whose sums are not those of their lines.
        var wrong = 0
    }

    /// What is wrong with them.
    var findings: [BillingFinding] {
        var findings: [BillingFinding] = []
        func expect(_ kind: BillingFinding.Kind, _ name: String, _ value: Int64, _ expected: Int64) {
            guard value != expected else { return }
            findings.append(finding(kind, "\(name) is \(value), not \(expected)"))
        }
        expect(.sums, "the subtotal", header.subtotal, lines.amounts)
        let added = header.total - header.subtotal + header.discount + header.credit
        if lines.areExplained {
            expect(.sums, "the discount", header.discount, -lines.discounts)
            expect(.sums, "the tax", header.tax, lines.taxes)
            expect(.sums, "the tax that the total adds to the amounts", added, lines.taxes - lines.taxesWithin)
        } else {
            expect(.sums, "the tax that the total adds to the amounts", added, header.tax)
        }
        expect(.sums, "what credits and credit notes have paid", header.credited, notes.toInvoice + prepaid)
        if notes.wrong > 0 {
            findings.append(finding(.sums, "\(notes.wrong) credit notes are not the sums of their lines"))
        }
        if lines.overcredited > 0 {
            findings.append(finding(.overcredited, "more was credited than billed on \(lines.overcredited) lines"))
        }
        if notes.manual > max(0, header.total + header.credit) {
            findings.append(
                finding(
                    .overcredited, "\(notes.manual) were credited, but only \(header.total + header.credit) were billed"
                ))
        }
        for (account, expected) in balances(taxAdded: added).sorted(by: { $0.key < $1.key }) {
            expect(.ledger, "the balance of \(account)", ledger[account] ?? 0, expected)
        }
        if stage != "void", let payments { expect(.payments, "the sum of the payments", payments, received) }
        return findings
    }

    private func finding(_ kind: BillingFinding.Kind, _ text: String) -> BillingFinding {
        BillingFinding(kind, tenant: tenant, subscription: subscription, invoice: id, "\(number): \(text)")
    }

    /// What the accounts must have.
    private func balances(taxAdded: Int64) -> [String: Int64] {
        let due = header.total - header.credited
        var balances = [
            "receivable": stage == "open" ? due - received : 0,
            "bad_debt": stage == "uncollectible" ? due - received : 0,
            "cash": (stage == "paid" ? due : received) - notes.refunded + prepaidReturned,
            "credit_granted": prepaid - prepaidReturned,
            "refunds_payable": 0, "discounts": header.discount,
            "tax": notes.tax - header.tax,
            "revenue": header.tax - taxAdded - header.subtotal + notes.total - notes.tax,
            "customer_credit": header.credit - notes.toAccount,
        ]
        if stage == "void" { balances = balances.mapValues { _ in 0 } }
        return balances
    }
}
