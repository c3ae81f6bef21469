/// A reduction of a line after its invoice.
package struct CreditNote: Sendable, Hashable {
    package let issuedOn: CalendarDate
    /// Counted from 1.
    package let invoice: Int
    /// Counted from 1.
    package let line: Int
    /// Before tax; with the tax if that is within the amounts.
    package let amount: Money
    package let tax: Money
    package let total: Money
    /// Whether it goes back to the payer instead of the account.
    package let isRefund: Bool

    /// The same note where so many invoices come before those of its statement.
    package func after(invoices count: Int) -> CreditNote {
        CreditNote(
            issuedOn: issuedOn, invoice: invoice + count, line: line, amount: amount, tax: tax, total: total,
            isRefund: isRefund)
    }
}

/// All that a scenario bills.
package struct BillingStatement: Sendable, Hashable {
    /// In the order of their days.
    package var invoices: [DraftInvoice]
    package var creditNotes: [CreditNote]
    /// The account credit at the end.
    package var creditBalance: Money
    /// The paid periods of the subscription, as changes have left them: a text for the first day, and the day after the
    /// last.
    package var periods: [Period]

    /// A period of the subscription.
    package struct Period: Sendable, Hashable {
        package var from: String
        package var to: String
    }
}
