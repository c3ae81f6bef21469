import JSONCoding

/// What a tenant is told about an invoice that is not paid.
package struct BillingNotice: Sendable, Hashable {
    /// What has happened.
    package enum Kind: String, Sendable, CaseIterable {
        case paymentFailed = "payment_failed"
        case invoiceOverdue = "invoice_overdue"
        case dunningExhausted = "dunning_exhausted"
        case dunningEnded = "dunning_ended"
    }

    let kind: Kind
    /// The number of the invoice.
    let invoice: String
    /// The amount as people write it.
    let amount: String
    /// The day of the next attempt or reminder in UTC, such as `2026-03-01`; nil: there is none.
    let next: String?
    /// Whether the tenant is suspended now.
    let isSuspended: Bool

    /// The subject of the mail.
    var subject: String {
        let name = MailText.name(invoice)
        return switch kind {
        case .paymentFailed: "The payment of invoice \(name) has failed"
        case .invoiceOverdue: "Invoice \(name) is overdue"
        case .dunningExhausted: "Invoice \(name) is not paid"
        case .dunningEnded: "Thank you: invoice \(name) is settled"
        }
    }

    /// The text of the mail.
    var text: String {
        let bill = "invoice \(MailText.name(invoice)) (\(MailText.figures(amount)))"
        let day = next.map { MailText.figures($0) }
        return switch kind {
        case .paymentFailed:
            """
            Hello,

            We could not collect the amount of \(bill) from your payment source.

            \(day.map { "We try it again on \($0)." } ?? "We do not try it again by ourselves.") If your card has expired or \
            was replaced, please add a new one: we use it at once.
            """
        case .invoiceOverdue:
            """
            Hello,

            The last day to pay \(bill) is over, and we have not received a payment.

            If you have paid in the meantime, ignore this mail.\(day.map { " Otherwise, we remind you again on \($0)." } ?? "")
            """
        case .dunningExhausted:
            """
            Hello,

            We could not collect the amount of \(bill)\(isSuspended ? ", so your access is suspended" : "").

            Everything is as before once it is paid: add a new payment source, or ask us how to pay.
            """
        case .dunningEnded:
            """
            Hello,

            Nothing is owed any more on \(bill). Thank you.
            """
        }
    }

    init(kind: Kind, invoice: String, amount: String, next: String?, isSuspended: Bool) {
        self.kind = kind
        self.invoice = invoice
        self.amount = amount
        self.next = next
        self.isSuspended = isSuspended
    }

    /// Members of the stored form of a mail.
    var members: [(String, JSONValue)] {
        [
            ("kind", .string(kind.rawValue)), ("name", .string(invoice)), ("amount", .string(amount)),
            ("next", next.map { .string($0) } ?? .null), ("isSuspended", .bool(isSuspended)),
        ]
    }

    /// The notice in the stored form of a mail.
    init?(_ value: JSONValue) {
        guard let kind = value["kind"]?.stringValue.flatMap({ Kind(rawValue: $0) }) else { return nil }
        self.init(
            kind: kind, invoice: value["name"]?.stringValue ?? "", amount: value["amount"]?.stringValue ?? "",
            next: value["next"]?.stringValue, isSuspended: value["isSuspended"]?.boolValue ?? false)
    }
}
