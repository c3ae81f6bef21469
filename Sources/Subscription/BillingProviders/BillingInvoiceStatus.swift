/// How an invoice can stand: the vocabulary of the original's abstraction (docs/contract/arc-api.md 6.13), and the
/// words of Stripe.
enum BillingInvoiceStatus {
    static let draft = "draft"
    static let paid = "paid"
    static let posted = "posted"
    static let paymentDue = "payment_due"
    static let notPaid = "not_paid"
    static let voided = "voided"
    static let pending = "pending"

    /// Every word that a provider may report.
    static let all = [
        draft, posted, paymentDue, notPaid, pending, paid, voided, "open", "uncollectible", "void",
    ]

    /// Whether nothing can be paid any more.
    static func isClosed(_ status: String?) -> Bool { stage(status) >= 2 }

    /// Whether a report may change the status of an invoice. Reports arrive late and out of order: a paid invoice does not
    /// become unpaid, and a voided one stays voided.
    static func mayBecome(_ new: String, from current: String?) -> Bool { stage(new) >= stage(current) }

    /// 0 not issued, 1 open, 2 paid, 3 voided. A word that nobody knows is open.
    private static func stage(_ status: String?) -> Int {
        switch status {
        case draft: 0
        case paid: 2
        case voided, "void": 3
        default: 1
        }
    }
}
