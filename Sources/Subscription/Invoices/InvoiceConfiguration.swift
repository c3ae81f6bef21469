import Configuration
import ConfigurationChecks

/// Settings of invoices.
struct InvoiceConfiguration: Sendable {
    private enum Settings {
        static let series = Setting.text(
            "INVOICE_SERIES", default: "INV", values: "1 to 12 letters, digits and hyphens, perhaps with `{year}`",
            "Beginning of the numbers of invoices. With `{year}`, every year has a series of its own",
            isValid: InvoiceTerms.isSeries)
        static let creditNoteSeries = Setting.text(
            "CREDIT_NOTE_SERIES", default: "CN", values: "1 to 12 letters, digits and hyphens, perhaps with `{year}`",
            "Beginning of the numbers of credit notes", isValid: InvoiceTerms.isSeries)
        static let paymentDays = Setting.integer(
            "INVOICE_PAYMENT_DAYS", default: 14, in: 0...365, "Days in which an invoice is to be paid")
        static let seller = Setting.optionalText(
            "INVOICE_SELLER_FILE", unset: "invoices name no seller", values: "path of a JSON file",
            "The seller on invoices: name, address, VAT id, bank, logo. The file is read and checked at startup")
    }

    static let configurationKeys = ConfigurationKeys(
        "invoices", [Settings.series, Settings.creditNoteSeries, Settings.paymentDays, Settings.seller]
    ).checking { (reader) throws(ConfigurationFailure) in _ = try InvoiceConfiguration(reader: reader) }

    let terms: InvoiceTerms

    /// - Throws: ``ConfigurationFailure`` for a value that cannot be used.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        var terms = InvoiceTerms()
        terms.series = try reader.value(Settings.series)
        terms.creditNoteSeries = try reader.value(Settings.creditNoteSeries)
        terms.paymentDays = try reader.value(Settings.paymentDays)
        if let path = try reader.value(Settings.seller) {
            do {
                let seller = try InvoiceSeller(file: path)
                (terms.seller, terms.logo) = (seller.json, seller.logo)
            } catch {
                throw ConfigurationFailure(key: "INVOICE_SELLER_FILE", reason: "cannot be used: \(error)")
            }
        }
        self.terms = terms
    }
}
