/// Lines of one currency with their sums: the money of an invoice, or of a quote. Whatever is stored, shown or sent to a billing
/// provider is made from it.
package struct DraftInvoice: Sendable, Hashable {
    /// The currency of all lines.
    package let currency: Currency
    /// The lines.
    package let lines: [InvoiceLine]
    /// The sum of the rounded amounts of the lines.
    package let subtotal: Money
    /// The tax, rounded once from the exact amounts of all lines (policy P8): the taxes of the lines, each rounded, can
    /// add up to something else.
    package let tax: Money
    /// Subtotal and tax.
    package let total: Money

    /// The invoice of these lines.
    ///
    /// - Throws: `.currencyMismatch` when a line has another currency; `.overflow`.
    package init(currency: Currency, lines: [InvoiceLine]) throws(BillingError) {
        var exactTax = Rational.zero
        for line in lines { exactTax = try exactTax.adding(line.exact.multiplied(by: line.taxRate)) }
        try self.init(lines: lines, tax: Money(rounding: exactTax, currency: currency))
    }

    /// An invoice of these lines that was taxed before.
    ///
    /// - Throws: `.currencyMismatch` when a line has another currency than the tax; `.overflow`.
    package init(lines: [InvoiceLine], tax: Money) throws(BillingError) {
        self.lines = lines
        self.tax = tax
        currency = tax.currency
        subtotal = try Money.sum(lines.map(\.amount), in: tax.currency)
        total = try subtotal.adding(tax)
    }

    /// The invoice of all charges that fall due in a window of days: lines in the order of the charges.
    ///
    /// - Throws: `.currencyMismatch`, `.overflow`, `.dateOutOfRange`, `.invalidQuantity`.
    package init(
        currency: Currency, charges: [RecurringCharge], dueIn window: BillingPeriod
    ) throws(BillingError) {
        var lines: [InvoiceLine] = []
        for charge in charges { lines += try charge.lines(dueIn: window) }
        try self.init(currency: currency, lines: lines)
    }
}
