import Billing
import EInvoicing
import JSONCoding

extension BillingDocument {
    /// The document in the terms of EN 16931.
    /// - Throws: ``InvoiceError/incomplete(_:)`` with everything that the standard requires and the document lacks.
    func electronic() throws -> ElectronicInvoice {
        var missing: [String] = []
        if number == nil { missing.append("a number, which it gets when it is issued") }
        if seller == nil { missing.append("a seller (INVOICE_SELLER_FILE)") }
        if !tax.isZero, lines.allSatisfy(\.rates.isEmpty) { missing.append("the rates of its taxes (BR-CO-18)") }
        let buyerCountry = CountryCode.code(of: buyer.country ?? "")
        if buyerCountry == nil { missing.append("the country of the buyer, as a code of ISO 3166") }
        guard let number, let issuedOn, let seller, let buyerCountry else { throw InvoiceError.incomplete(missing) }
        let amounts = try ElectronicAmounts(self, isTaxable: seller.vatID != nil || seller.taxNumber != nil)
        var invoice = ElectronicInvoice(
            kind: kind == .invoice ? .invoice : .creditNote, number: number, issuedOn: issuedOn, currency: currency,
            seller: Self.party(seller, in: seller.country ?? ""), buyer: Self.party(buyer, in: buyerCountry),
            lines: amounts.lines, allowances: amounts.allowances, subtotals: amounts.subtotals)
        invoice.dueOn = dueOn
        invoice.note = reason
        invoice.prepaid = try credit.adding(prepaid)
        invoice.buyerReference = buyerOptions["buyerReference"]?.stringValue
        invoice.corrected = corrected.map { .init(number: $0.number, issuedOn: $0.issuedOn) }
        invoice.paymentTerms = kind == .invoice ? sellerDetails["paymentTerms"]?.stringValue : use
        invoice.exemptionReason = sellerDetails["exemptionReason"]?.stringValue
        if kind == .invoice, let bank = sellerDetails["bank"], let iban = bank["iban"]?.stringValue {
            invoice.account = .init(iban: iban, bic: bank["bic"]?.stringValue, name: bank["name"]?.stringValue)
        }
        missing += invoice.missing
        guard missing.isEmpty else { throw InvoiceError.incomplete(missing) }
        return invoice
    }

    /// What happens to the amount of a credit note. The standard requires terms of payment for it, too (BR-CO-25).
    private var use: String {
        switch destination {
        case .refund: "The amount is paid back."
        case .account: "The amount reduces later invoices."
        default: "The amount reduces what is due on the invoice."
        }
    }

    private static func party(_ party: InvoiceParty, in country: String) -> ElectronicInvoice.Party {
        var result = ElectronicInvoice.Party(name: party.name, country: country)
        result.street = party.street
        result.city = party.city
        result.zip = party.zip
        result.state = party.state
        result.vatID = party.vatID
        result.taxNumber = party.taxNumber
        result.registration = party.registration
        result.email = party.email
        result.phone = party.phone
        result.endpoint = party.electronicAddress.map { .init(scheme: $0.scheme, id: $0.id) }
        return result
    }
}

/// Codes of ISO 3166 for countries as people enter them.
enum CountryCode {
    /// The code; nil for a name that is not known.
    static func code(of text: String) -> String? {
        let name = text.uppercased().filter { $0 != "." }
        if InvoiceSeller.isCountry(name) { return name == "UK" ? "GB" : name }
        return names[name]
    }

    private static let names = [
        "AUSTRALIA": "AU", "AUSTRIA": "AT", "BELGIUM": "BE", "BRAZIL": "BR", "BULGARIA": "BG", "CANADA": "CA",
        "CHINA": "CN",
        "CROATIA": "HR", "CYPRUS": "CY", "CZECH REPUBLIC": "CZ", "CZECHIA": "CZ", "DENMARK": "DK", "DEUTSCHLAND": "DE",
        "ESPAÑA": "ES", "ESTONIA": "EE", "FINLAND": "FI", "FRANCE": "FR", "GERMANY": "DE", "GREECE": "GR",
        "GREAT BRITAIN": "GB", "HUNGARY": "HU", "ICELAND": "IS", "INDIA": "IN", "IRELAND": "IE", "ISRAEL": "IL",
        "ITALIA": "IT", "ITALY": "IT", "JAPAN": "JP", "LATVIA": "LV", "LIECHTENSTEIN": "LI", "LITHUANIA": "LT",
        "LUXEMBOURG": "LU", "MALTA": "MT", "MEXICO": "MX", "NETHERLANDS": "NL", "NEW ZEALAND": "NZ", "NORWAY": "NO",
        "POLAND": "PL", "POLSKA": "PL", "PORTUGAL": "PT", "ROMANIA": "RO", "SINGAPORE": "SG", "SLOVAKIA": "SK",
        "SLOVENIA": "SI", "SOUTH AFRICA": "ZA", "SOUTH KOREA": "KR", "SPAIN": "ES", "SWEDEN": "SE", "SWITZERLAND": "CH",
        "SCHWEIZ": "CH", "TURKEY": "TR", "UNITED KINGDOM": "GB", "UNITED STATES": "US",
        "UNITED STATES OF AMERICA": "US",
        "USA": "US", "ÖSTERREICH": "AT",
    ]
}
