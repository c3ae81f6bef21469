/// How a change of price or quantity is billed.
package enum ChangePolicy: String, Sendable, Hashable, CaseIterable {
    /// An invoice on the day credits the rest of the period at the old price and charges it at the new one.
    case prorateNow = "prorate_now"
    /// The same lines on the next period's invoice.
    case creditAtRenewal = "credit_at_renewal"
    /// It takes effect at the next boundary.
    case atPeriodEnd = "at_period_end"
    /// It takes effect without lines; the next period has the new price.
    case none
    /// The rest is credited, and a new period begins on the day at the full price.
    case fullPriceNewPeriod = "full_price_new_period"
    /// The value of the rest buys days at the new price; then a new period begins.
    case extendTime = "extend_time"
}

/// Something that happens to a subscription.
package struct ScenarioChange: Sendable, Hashable {
    /// What happens.
    package enum Kind: Sendable, Hashable {
        /// A new price, quantity, interval, or trial of an item; and new prices of usage beside it.
        case change(
            item: Int, price: Price?, quantity: Rational?, cycle: BillingCycle?, trial: Trial?,
            metered: [MeteredPrice] = [])
        case quantity(item: Int, Rational)
        case pause
        case resume
        case anchor(AnchorRule)
        /// Invoice and line are counted from 1; the amount is before tax, in minor units.
        case creditNote(invoice: Int, line: Int, amount: Int64, isRefund: Bool)
        case cancel
        /// An item begins: the part of the period that is left is billed.
        case addItem(item: Int)
        case removeItem(item: Int)

        /// The new price of an item that bills usage.
        package struct MeteredPrice: Sendable, Hashable {
            package var item: Int
            package var price: Price

            package init(item: Int, price: Price) {
                self.item = item
                self.price = price
            }
        }
    }

    /// Where on the axis.
    package var position: Int
    package var kind: Kind
    package var policy: ChangePolicy
    /// A JSON pointer to it.
    package var pointer: String
    /// Whether it became known after what is due on its day had been issued: it follows that, on an invoice of its own. Else it
    /// comes before the periods that begin on its day.
    package var hasOwnInvoice: Bool

    package init(
        at position: Int, _ kind: Kind, policy: ChangePolicy, pointer: String, hasOwnInvoice: Bool = false
    ) {
        self.position = position
        self.kind = kind
        self.policy = policy
        self.pointer = pointer
        self.hasOwnInvoice = hasOwnInvoice
    }
}
