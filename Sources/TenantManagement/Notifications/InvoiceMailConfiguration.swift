import Configuration
import ConfigurationChecks

/// Which mails about invoices are sent.
struct InvoiceMailConfiguration: Sendable {
    private enum Settings {
        static let isEnabled = Setting.flag(
            "INVOICE_MAILS", default: true,
            "Whether the billing customer gets a mail when an invoice was issued or paid, and when a credit note was made ([invoices](invoices.md#mails))"
        )
        static let link = Setting.optionalText(
            "INVOICE_MAIL_LINK", unset: "mails name the path of the API", values: "an address, perhaps with `{id}`",
            "Where customers find the documents, such as `https://app.example.com/billing/{id}`, with the id of the invoice or credit note in place of `{id}`"
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
