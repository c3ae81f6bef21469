package import Billing

/// An electronic invoice as UBL 2.1 (EN 16931, or Peppol BIS Billing 3.0 if both parties have addresses in that network).
package struct UBLDocument {
    private let invoice: ElectronicInvoice

    package init(_ invoice: ElectronicInvoice) { self.invoice = invoice }

    private var isCredit: Bool { invoice.kind == .creditNote }
    private var root: String { isCredit ? "CreditNote" : "Invoice" }

    /// The XML.
    /// - Throws: `.overflow`, `.currencyMismatch`.
    package func xml() throws(BillingError) -> String {
        var xml = XMLText()
        let common = "urn:oasis:names:specification:ubl:schema:xsd"
        try xml.element(
            root,
            [
                ("xmlns", "\(common):\(root)-2"), ("xmlns:cac", "\(common):CommonAggregateComponents-2"),
                ("xmlns:cbc", "\(common):CommonBasicComponents-2"),
            ]
        ) { xml throws(BillingError) in
            head(&xml)
            party("cac:AccountingSupplierParty", invoice.seller, isSeller: true, &xml)
            party("cac:AccountingCustomerParty", invoice.buyer, isSeller: false, &xml)
            payment(&xml)
            for allowance in invoice.allowances { write(allowance, &xml) }
            try taxes(&xml)
            try sums(&xml)
            for (index, line) in invoice.lines.enumerated() { write(line, index + 1, &xml) }
        }
        return xml.text
    }

    private func head(_ xml: inout XMLText) {
        let core = "urn:cen.eu:en16931:2017"
        let isForPeppol = invoice.isForPeppol
        xml.element(
            "cbc:CustomizationID",
            isForPeppol ? "\(core)#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0" : core)
        if isForPeppol { xml.element("cbc:ProfileID", "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0") }
        xml.element("cbc:ID", invoice.number)
        xml.element("cbc:IssueDate", invoice.issuedOn.description)
        if !isCredit { xml.elementIfPresent("cbc:DueDate", invoice.dueOn?.description) }
        xml.element("cbc:\(root)TypeCode", invoice.kind.code)
        xml.elementIfPresent("cbc:Note", invoice.note)
        xml.element("cbc:DocumentCurrencyCode", invoice.currency.code)
        xml.elementIfPresent("cbc:BuyerReference", invoice.buyerReference)
        guard let corrected = invoice.corrected else { return }
        xml.element("cac:BillingReference") { xml in
            xml.element("cac:InvoiceDocumentReference") { xml in
                xml.element("cbc:ID", corrected.number)
                xml.elementIfPresent("cbc:IssueDate", corrected.issuedOn?.description)
            }
        }
    }

    private func party(_ name: String, _ party: ElectronicInvoice.Party, isSeller: Bool, _ xml: inout XMLText) {
        xml.element(name) { xml in
            xml.element("cac:Party") { xml in
                if let endpoint = party.endpoint {
                    xml.element("cbc:EndpointID", endpoint.id, [("schemeID", endpoint.scheme)])
                }
                xml.element("cac:PartyName") { $0.element("cbc:Name", party.name) }
                xml.element("cac:PostalAddress") { xml in
                    xml.elementIfPresent("cbc:StreetName", party.street)
                    xml.elementIfPresent("cbc:CityName", party.city)
                    xml.elementIfPresent("cbc:PostalZone", party.zip)
                    xml.elementIfPresent("cbc:CountrySubentity", party.state)
                    xml.element("cac:Country") { $0.element("cbc:IdentificationCode", party.country) }
                }
                if invoice.namesTaxIDs {
                    if let vat = party.vatID { Self.taxScheme("VAT", vat, &xml) }
                    if isSeller, let number = party.taxNumber { Self.taxScheme("TAX", number, &xml) }
                }
                xml.element("cac:PartyLegalEntity") { xml in
                    xml.element("cbc:RegistrationName", party.name)
                    xml.elementIfPresent("cbc:CompanyID", party.registration)
                }
                if party.email != nil || party.phone != nil {
                    xml.element("cac:Contact") { xml in
                        xml.elementIfPresent("cbc:Telephone", party.phone)
                        xml.elementIfPresent("cbc:ElectronicMail", party.email)
                    }
                }
            }
        }
    }

    private static func taxScheme(_ scheme: String, _ id: String, _ xml: inout XMLText) {
        xml.element("cac:PartyTaxScheme") { xml in
            xml.element("cbc:CompanyID", id)
            xml.element("cac:TaxScheme") { $0.element("cbc:ID", scheme) }
        }
    }

    private func payment(_ xml: inout XMLText) {
        if let account = invoice.account {
            xml.element("cac:PaymentMeans") { xml in
                xml.element("cbc:PaymentMeansCode", invoice.paymentMeans)
                xml.element("cbc:PaymentID", invoice.number)
                xml.element("cac:PayeeFinancialAccount") { xml in
                    xml.element("cbc:ID", account.iban)
                    xml.elementIfPresent("cbc:Name", account.name)
                    if let bic = account.bic {
                        xml.element("cac:FinancialInstitutionBranch") { $0.element("cbc:ID", bic) }
                    }
                }
            }
        }
        if let terms = invoice.paymentTerms {
            xml.element("cac:PaymentTerms") { $0.element("cbc:Note", terms) }
        }
    }

    private func write(_ allowance: ElectronicInvoice.Allowance, _ xml: inout XMLText) {
        xml.element("cac:AllowanceCharge") { xml in
            xml.element("cbc:ChargeIndicator", "false")
            xml.element("cbc:AllowanceChargeReasonCode", "95")
            xml.element("cbc:AllowanceChargeReason", "Discount")
            amount("cbc:Amount", allowance.amount, &xml)
            category("cac:TaxCategory", allowance.tax, hasReason: false, &xml)
        }
    }

    private func taxes(_ xml: inout XMLText) throws(BillingError) {
        try xml.element("cac:TaxTotal") { xml throws(BillingError) in
            amount("cbc:TaxAmount", try invoice.taxTotal, &xml)
            for subtotal in invoice.subtotals {
                xml.element("cac:TaxSubtotal") { xml in
                    amount("cbc:TaxableAmount", subtotal.taxable, &xml)
                    amount("cbc:TaxAmount", subtotal.amount, &xml)
                    category("cac:TaxCategory", subtotal.tax, hasReason: true, &xml)
                }
            }
        }
    }

    private func category(_ name: String, _ tax: ElectronicInvoice.Tax, hasReason: Bool, _ xml: inout XMLText) {
        xml.element(name) { xml in
            xml.element("cbc:ID", tax.category.rawValue)
            if tax.category != .notSubject { xml.element("cbc:Percent", tax.percent.decimalText(places: 4)) }
            if hasReason {
                xml.elementIfPresent("cbc:TaxExemptionReasonCode", invoice.reasonCode(of: tax.category))
                xml.elementIfPresent("cbc:TaxExemptionReason", invoice.reason(of: tax.category))
            }
            xml.element("cac:TaxScheme") { $0.element("cbc:ID", "VAT") }
        }
    }

    private func sums(_ xml: inout XMLText) throws(BillingError) {
        try xml.element("cac:LegalMonetaryTotal") { xml throws(BillingError) in
            amount("cbc:LineExtensionAmount", try invoice.lineTotal, &xml)
            amount("cbc:TaxExclusiveAmount", try invoice.withoutTax, &xml)
            amount("cbc:TaxInclusiveAmount", try invoice.withTax, &xml)
            if !invoice.allowances.isEmpty { amount("cbc:AllowanceTotalAmount", try invoice.allowanceTotal, &xml) }
            if !invoice.prepaid.isZero { amount("cbc:PrepaidAmount", invoice.prepaid, &xml) }
            amount("cbc:PayableAmount", try invoice.payable, &xml)
        }
    }

    private func write(_ line: ElectronicInvoice.Line, _ number: Int, _ xml: inout XMLText) {
        xml.element(isCredit ? "cac:CreditNoteLine" : "cac:InvoiceLine") { xml in
            xml.element("cbc:ID", String(number))
            xml.element(
                isCredit ? "cbc:CreditedQuantity" : "cbc:InvoicedQuantity", line.quantity, [("unitCode", "C62")])
            amount("cbc:LineExtensionAmount", line.net, &xml)
            if let period = line.period {
                xml.element("cac:InvoicePeriod") { xml in
                    xml.element("cbc:StartDate", period.start.description)
                    xml.element("cbc:EndDate", period.lastDay.description)
                }
            }
            xml.element("cac:Item") { xml in
                xml.elementIfPresent("cbc:Description", line.description)
                xml.element("cbc:Name", line.name)
                category("cac:ClassifiedTaxCategory", line.tax, hasReason: false, &xml)
            }
            xml.element("cac:Price") { amount("cbc:PriceAmount", line.price, &$0) }
        }
    }

    private func amount(_ name: String, _ money: Money, _ xml: inout XMLText) {
        xml.element(name, money.decimalText, [("currencyID", invoice.currency.code)])
    }
}
