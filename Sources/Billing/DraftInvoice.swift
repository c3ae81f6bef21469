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
    /// What discounts take off the subtotal, rounded once from their exact shares of the lines.
    package let discount: Money
    /// What is taken from the account credit; negative for what is added to it.
    package let credit: Money
    /// The account credit after this invoice.
    package let creditBalance: Money
    /// Subtotal less discount, with the tax that the amounts do not contain, less credit.
    package let total: Money
    /// The lines of discounts and taxes, which explain the sums.
    package let adjustments: [InvoiceLine]
    /// The day of the invoice; nil if its maker decides that.
    package let issuedOn: CalendarDate?

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
        (discount, credit, creditBalance) = (.zero(currency), .zero(currency), .zero(currency))
        (adjustments, issuedOn) = ([], nil)
    }

    /// An invoice as it was issued.
    ///
    /// - Parameter total: what of it is to be paid; its currency is that of all amounts.
    package init(
        issued lines: [InvoiceLine], adjustments: [InvoiceLine], subtotal: Money, discount: Money, tax: Money,
        credit: Money, creditBalance: Money, total: Money, issuedOn: CalendarDate?
    ) {
        currency = total.currency
        self.lines = lines
        self.adjustments = adjustments
        self.subtotal = subtotal
        self.discount = discount
        self.tax = tax
        self.credit = credit
        self.creditBalance = creditBalance
        self.total = total
        self.issuedOn = issuedOn
    }

    /// An invoice of a scenario.
    ///
    /// - Parameters:
    ///   - addedTax: the part of the tax that is not within the amounts.
    ///   - balance: the account credit before the invoice.
    /// - Throws: `.currencyMismatch`, `.overflow`.
    init(
        issuedOn: CalendarDate, lines: [InvoiceLine], adjustments: [InvoiceLine], discount: Money, tax: Money,
        addedTax: Money, balance: Money
    ) throws(BillingError) {
        self.issuedOn = issuedOn
        self.lines = lines
        self.adjustments = adjustments
        self.discount = discount
        self.tax = tax
        currency = tax.currency
        subtotal = try Money.sum(lines.map(\.amount), in: tax.currency)
        let due = try subtotal.subtracting(discount).adding(addedTax)
        let used = due.isNegative ? due : Money(minorUnits: min(due.minorUnits, balance.minorUnits), currency: currency)
        credit = used
        creditBalance = try balance.subtracting(used)
        total = try due.subtracting(used)
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
