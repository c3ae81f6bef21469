import Billing
import Primitives

/// What the row of a new invoice says besides its money.
struct NewInvoiceRow: Sendable {
    let id: Identifier
    var status: Invoice.Status = .draft
    /// The provider's id; nil for a draft.
    var providerID: String?
    /// Nil for a draft; and for an invoice that says itself when it was issued.
    var issuedOn: CalendarDate?
    /// Nil for the terms of the installation.
    var dueOn: CalendarDate?
    /// Which invoice of its subscription it is; of those that the billing engine makes.
    var ordinal: Int?
    /// Nil: nobody collects it.
    var collectionMethod: CollectionMethod?
    var customer: Identifier?
    var tenant: Identifier?
    /// For an invoice that is drafted with a subscription.
    var subscription: Identifier?
    /// The plan that all lines are for.
    var plan: Identifier?
    var period: BillingPeriod?
    var details = InvoiceDetails()

    /// Whether a statement of its own issues it.
    var isIssuedLast: Bool { ordinal != nil && status != .draft }
}
