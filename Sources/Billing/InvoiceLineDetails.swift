/// What a line of a scenario says beside its amount.
package struct InvoiceLineDetails: Sendable, Hashable {
    /// What kind of line it is.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// A period, or a part of one where a start, an end, an anchor, or a change in arrears cuts it.
        case recurring
        /// What a change adds.
        case prorationCharge = "proration_charge"
        /// What a change takes back.
        case prorationCredit = "proration_credit"
        case usage
        /// What is missing to a minimum.
        case minimum
        /// Billed once.
        case setup
        case discount
        case tax
    }

    /// How an amount comes about.
    package struct Explanation: Sendable, Hashable {
        /// Which rule it follows: `whole period`.
        package var rule: String
        /// The computation in major units: `8.50 × 3 × 17/31`.
        package var formula: String
        /// What goes into it, by name.
        package var inputs: [Input]
        /// How a half is rounded, and what rounding added, in major units.
        package var rounding: String
    }

    /// A named value.
    package struct Input: Sendable, Hashable {
        package var name: String
        package var value: String
    }

    package var kind: Kind
    /// The id of the item; nil for a line of all items, or if there is one price.
    package var item: String?
    /// A date, or an instant when seconds are billed; nil for discounts and taxes.
    package var from: String?
    /// The same, not included.
    package var to: String?
    package var quantity: Rational?
    /// In minor units, exact.
    package var discountShare: Rational
    /// In minor units, exact.
    package var taxShare: Rational
    /// The rates that apply to the line; of a line of a tax, that tax.
    package var taxes: [TaxRate] = []
    package var explanation: Explanation
}
