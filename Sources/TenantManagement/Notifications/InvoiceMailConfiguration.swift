import Configuration
import ConfigurationChecks

/// Which mails about invoices are sent.
struct InvoiceMailConfiguration: Sendable {
    private enum Settings {
        static let isEnabled = Setting.flag(
            "INVOICE_MAILS", default: true,
            "Whether the billing customer gets a mail when an invoice is issued or paid, and when a credit note is issued ([invoices](invoices.md#mails))"
        )
        static let link = Setting.optionalText(
            "INVOICE_MAIL_LINK", unset: "mails give the path in the API", values: "a URL, optionally with `{id}`",
            "Where customers find their documents, such as `https://app.example.com/billing/{id}`; `{id}` is replaced by the id of the invoice or credit note"
        ) { MailText.link($0) != nil }
    }

    static let configurationKeys = ConfigurationKeys("mails about invoices", [Settings.isEnabled, Settings.link])

    let isEnabled: Bool
    let link: String?

    /// - Throws: ``ConfigurationFailure`` for a value that cannot be used.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        isEnabled = try reader.value(Settings.isEnabled)
        link = try reader.value(Settings.link)
    }
}
