import JSONCoding

/// A mail to a person.
package enum Notification: Sendable, Hashable {
    /// Asks a lead to confirm the address; `link` contains the key.
    case leadVerification(to: String, name: String, link: String)
    /// Informs a registered person that the address was used to register again.
    case leadKnown(to: String)
    /// Welcomes a tenant after its resources were created (docs/contract/arc-api.md 9.5).
    case tenantWelcome(to: String, tenant: String, user: String, link: String)
    /// Informs the owner of a webhook endpoint that it was disabled. Of the URL it names the host only.
    case webhookDisabled(to: String, host: String, reason: String)
    /// Informs a tenant about an invoice that is not paid.
    case billing(to: String, BillingNotice)
    /// Informs the customer of an invoice that it was issued or paid, or of a credit note.
    case invoice(to: String, InvoiceNotice)

    /// The original's name of the kind (docs/contract/arc-api.md 8.3).
    package var type: String {
        switch self {
        case .leadVerification: "validate_lead"
        case .leadKnown: "lead_known"
        case .tenantWelcome: "tenant_welcome"
        case .webhookDisabled: "webhook_disabled"
        case .billing: "billing_notice"
        case .invoice: "invoice_notice"
        }
    }

    /// Whether many of the kind come at the same time: they wait for all others.
    var isBulk: Bool { if case .invoice = self { true } else { false } }

    /// Address of the recipient.
    package var recipient: String {
        switch self {
        case .leadVerification(let to, _, _), .leadKnown(let to), .tenantWelcome(let to, _, _, _),
            .webhookDisabled(let to, _, _), .billing(let to, _), .invoice(let to, _):
            to
        }
    }
}
