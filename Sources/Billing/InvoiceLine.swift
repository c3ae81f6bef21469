/// One line of an invoice: a charge, or with a negative amount a credit.
package struct InvoiceLine: Sendable, Hashable {
    /// What it is for.
    package let description: String
    /// The price of one unit for the whole period.
    package let unitPrice: Money
    /// How many units.
    package let quantity: Int64
    /// The days that are charged; nil for a single charge.
    package let period: BillingPeriod?
    /// The whole billing period that contains them; nil for a single charge, and for a line that was billed before.
    package let whole: BillingPeriod?
    /// The amount in minor units before rounding: unit price x quantity x days / days of the whole period.
    package let exact: Rational
    /// The amount, rounded once.
    package let amount: Money
    /// The tax on top as a fraction.
    package let taxRate: Rational
    /// What a line of a scenario has beside it; nil for a line that was made from a price and a period alone.
    package let details: InvoiceLineDetails?

    /// The charge for a part, or all, of a whole billing period.
    ///
    /// - Throws: `.outsidePeriod` when the part does not lie within the whole; `.invalidQuantity`; `.overflow`.
    package init(
        description: String, unitPrice: Money, quantity: Int64 = 1, period: BillingPeriod, whole: BillingPeriod,
        taxRate: Rational = .zero
    ) throws(BillingError) {
        guard quantity >= 0 else { throw .invalidQuantity }
        let exact = try unitPrice.exact.multiplied(by: Rational(quantity)).multiplied(by: whole.share(of: period))
        try self.init(
            description: description, unitPrice: unitPrice, quantity: quantity, period: period, whole: whole,
            exact: exact, taxRate: taxRate)
    }

    /// A single charge, or a single credit if the amount is negative.
    package init(description: String, amount: Money) {
        self.init(billed: description, unitPrice: amount, quantity: 1, amount: amount, period: nil)
    }

    /// A line that was billed before. Its amount is exact, because it is what is owed.
    package init(billed description: String, unitPrice: Money, quantity: Int64, amount: Money, period: BillingPeriod?) {
        self.description = description
        self.unitPrice = unitPrice
        self.quantity = quantity
        self.period = period
        self.whole = nil
        self.exact = amount.exact
        self.amount = amount
        self.taxRate = .zero
        self.details = nil
    }

    /// A line of a scenario, rounded together with the lines beside it.
    ///
    /// - Parameter price: of the whole quantity for a whole period.
    init(
        description: String, price: Money, period: BillingPeriod?, whole: BillingPeriod?, exact: Rational,
        amount: Money,
        details: InvoiceLineDetails
    ) {
        self.description = description
        self.unitPrice = price
        self.quantity = 1
        self.period = period
        self.whole = whole
        self.exact = exact
        self.amount = amount
        self.taxRate = .zero
        self.details = details
    }

    private init(
        description: String, unitPrice: Money, quantity: Int64, period: BillingPeriod?, whole: BillingPeriod?,
        exact: Rational, taxRate: Rational
    ) throws(BillingError) {
        self.description = description
        self.unitPrice = unitPrice
        self.quantity = quantity
        self.period = period
        self.whole = whole
        self.exact = exact
        self.amount = try Money(rounding: exact, currency: unitPrice.currency)
        self.taxRate = taxRate
        self.details = nil
    }

    /// The part of the whole period that is charged: 12/31. Throws `.outsidePeriod` for a line that knows no whole period.
    package var share: Rational {
        get throws(BillingError) {
            guard let whole, let period else { throw .outsidePeriod }
            return try whole.share(of: period)
        }
    }

    /// The tax of this line alone, rounded; the tax of an invoice is not the sum of these, see `DraftInvoice.tax`.
    package var tax: Money {
        get throws(BillingError) { try Money(rounding: exact.multiplied(by: taxRate), currency: amount.currency) }
    }

    /// The same charge less a discount, given in minor units before rounding.
    ///
    /// - Throws: `.invalidAmount` when the discount is negative or more than the charge; `.overflow`.
    package func discounted(by discount: Rational) throws(BillingError) -> InvoiceLine {
        guard discount >= .zero, discount <= exact else { throw .invalidAmount }
        return try InvoiceLine(
            description: description, unitPrice: unitPrice, quantity: quantity, period: period, whole: whole,
            exact: exact.subtracting(discount), taxRate: taxRate)
    }

    /// The credit for the days from the given one on, which belong to the customer again: a cancellation, or the old
    /// plan at a change (policies P3 and P4). It has the denominator of the charge, so what is credited and charged
    /// again for the same days cancels out.
    ///
    /// - Parameters:
    ///   - date: the first day that is not used, within the charged days.
    ///   - alreadyCredited: what was credited or refunded on this line before, from zero on; the credit never exceeds
    ///     what is left of the line (policy P7).
    /// - Returns: a line with a negative amount or zero.
    /// - Throws: `.outsidePeriod`, also for a line without a period; `.currencyMismatch`, `.invalidAmount`, `.overflow`.
    package func credit(
        unusedFrom date: CalendarDate, alreadyCredited: Money? = nil
    ) throws(BillingError) -> InvoiceLine {
        guard let period, period.contains(date) else { throw .outsidePeriod }
        let credited = alreadyCredited ?? .zero(amount.currency)
        guard credited.currency == amount.currency else { throw .currencyMismatch }
        guard !credited.isNegative, !amount.isNegative else { throw .invalidAmount }
        let unused = try BillingPeriod(start: date, end: period.end)
        let value = try exact.multiplied(by: period.share(of: unused))
        let left = try max(Rational.zero, exact.subtracting(credited.exact))
        return try InvoiceLine(
            description: description, unitPrice: unitPrice, quantity: quantity, period: unused, whole: whole,
            exact: min(value, left).negated, taxRate: taxRate)
    }
}
