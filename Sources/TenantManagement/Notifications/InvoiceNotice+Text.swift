extension InvoiceNotice {
    /// The subject of the mail.
    var subject: String {
        let name = MailText.name(number)
        return switch kind {
        case .issued: "Invoice \(name)"
        case .paid: "Invoice \(name) is paid"
        case .credited: "Credit note \(name)"
        }
    }

    /// The text of the mail.
    var text: String {
        """
        Hello,

        \(news)

        \(place)
        """
    }

    private var news: String {
        let (name, sum) = (MailText.name(number), MailText.figures(amount))
        switch kind {
        case .issued: return "Here is invoice \(name) of \(sum). \(demand)"
        case .paid: return "We have received \(sum) for invoice \(name). It is paid in full. Thank you."
        case .credited:
            let invoice = corrected.map { "invoice \(MailText.name($0))" } ?? "an invoice"
            return "Credit note \(name) of \(sum) corrects \(invoice). \(use)"
        }
    }

    private var demand: String {
        guard let due else { return "There is nothing to pay." }
        let sum = MailText.figures(due)
        if isCollected { return "We collect \(sum) from your payment source; there is nothing to do." }
        return "Please pay \(sum)\(dueOn.map { " by \(MailText.figures($0))" } ?? "")."
    }

    private var use: String {
        switch destination {
        case "invoice": "This reduces the amount due on the invoice."
        case "refund": "The amount is paid back."
        case "account": "The amount reduces your next invoices."
        default: ""
        }
    }

    /// How to get the document, which only signed-in users can read.
    private var place: String {
        let path = kind == .credited ? "credit-notes" : "billing-invoices"
        return link.flatMap { MailText.link($0) }.map { "You can find the document here:\n\n\($0)" }
            ?? "The document is in your account as a PDF and as an electronic invoice (in the API: /\(path)/\(MailText.name(document))/pdf)."
    }
}
