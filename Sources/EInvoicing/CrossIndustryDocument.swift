package import Billing

/// An electronic invoice as UN/CEFACT Cross Industry Invoice (EN 16931): the data of Factur-X and ZUGFeRD.
package struct CrossIndustryDocument {
    private let invoice: ElectronicInvoice

    package init(_ invoice: ElectronicInvoice) { self.invoice = invoice }

    /// The XML.
    /// - Throws: `.overflow`, `.currencyMismatch`.
    package func xml() throws(BillingError) -> String {
        var xml = XMLText()
        let standard = "urn:un:unece:uncefact:data:standard"
        try xml.element(
            "rsm:CrossIndustryInvoice",
            [
                ("xmlns:rsm", "\(standard):CrossIndustryInvoice:100"),
                ("xmlns:ram", "\(standard):ReusableAggregateBusinessInformationEntity:100"),
                ("xmlns:qdt", "\(standard):QualifiedDataType:100"),
                ("xmlns:udt", "\(standard):UnqualifiedDataType:100"),
            ]
        ) { xml throws(BillingError) in
            head(&xml)
            try xml.element("rsm:SupplyChainTradeTransaction") { xml throws(BillingError) in
                for (index, line) in invoice.lines.enumerated() { write(line, index + 1, &xml) }
                agreement(&xml)
                xml.element("ram:ApplicableHeaderTradeDelivery") { _ in }
                try settlement(&xml)
            }
        }
        return xml.text
    }

    private func head(_ xml: inout XMLText) {
        xml.element("rsm:ExchangedDocumentContext") { xml in
            xml.element("ram:GuidelineSpecifiedDocumentContextParameter") {
                $0.element("ram:ID", "urn:cen.eu:en16931:2017")
            }
        }
        xml.element("rsm:ExchangedDocument") { xml in
            xml.element("ram:ID", invoice.number)
            xml.element("ram:TypeCode", invoice.kind.code)
            xml.element("ram:IssueDateTime") { Self.date("udt:DateTimeString", invoice.issuedOn, &$0) }
            if let note = invoice.note { xml.element("ram:IncludedNote") { $0.element("ram:Content", note) } }
        }
    }

    /// `20260131`, which the format calls 102.
    private static func date(_ name: String, _ date: CalendarDate, _ xml: inout XMLText) {
        xml.element(name, date.description.filter { $0 != "-" }, [("format", "102")])
    }

    private func write(_ line: ElectronicInvoice.Line, _ number: Int, _ xml: inout XMLText) {
        xml.element("ram:IncludedSupplyChainTradeLineItem") { xml in
            xml.element("ram:AssociatedDocumentLineDocument") { $0.element("ram:LineID", String(number)) }
            xml.element("ram:SpecifiedTradeProduct") { xml in
                xml.element("ram:Name", line.name)
                xml.elementIfPresent("ram:Description", line.description)
            }
            xml.element("ram:SpecifiedLineTradeAgreement") { xml in
                xml.element("ram:NetPriceProductTradePrice") { xml in
                    amount("ram:ChargeAmount", line.price, &xml)
                }
            }
            xml.element("ram:SpecifiedLineTradeDelivery") { xml in
                xml.element("ram:BilledQuantity", line.quantity, [("unitCode", "C62")])
            }
            xml.element("ram:SpecifiedLineTradeSettlement") { xml in
                tax(line.tax, &xml)
                if let period = line.period {
                    xml.element("ram:BillingSpecifiedPeriod") { xml in
                        xml.element("ram:StartDateTime") { Self.date("udt:DateTimeString", period.start, &$0) }
                        xml.element("ram:EndDateTime") { Self.date("udt:DateTimeString", period.lastDay, &$0) }
                    }
                }
                xml.element("ram:SpecifiedTradeSettlementLineMonetarySummation") { xml in
                    amount("ram:LineTotalAmount", line.net, &xml)
                }
            }
        }
    }

    private func tax(_ tax: ElectronicInvoice.Tax, of subtotal: ElectronicInvoice.Subtotal? = nil, _ xml: inout XMLText)
    {
        xml.element("ram:ApplicableTradeTax") { xml in
            if let subtotal { amount("ram:CalculatedAmount", subtotal.amount, &xml) }
            xml.element("ram:TypeCode", "VAT")
            if let subtotal {
                xml.elementIfPresent("ram:ExemptionReason", invoice.reason(of: tax.category))
                amount("ram:BasisAmount", subtotal.taxable, &xml)
            }
            xml.element("ram:CategoryCode", tax.category.rawValue)
            if subtotal != nil { xml.elementIfPresent("ram:ExemptionReasonCode", invoice.reasonCode(of: tax.category)) }
            if tax.category != .notSubject {
                xml.element("ram:RateApplicablePercent", tax.percent.decimalText(places: 4))
            }
        }
    }

    private func agreement(_ xml: inout XMLText) {
        xml.element("ram:ApplicableHeaderTradeAgreement") { xml in
            xml.elementIfPresent("ram:BuyerReference", invoice.buyerReference)
            party("ram:SellerTradeParty", invoice.seller, isSeller: true, &xml)
            party("ram:BuyerTradeParty", invoice.buyer, isSeller: false, &xml)
        }
    }

    private func party(_ name: String, _ party: ElectronicInvoice.Party, isSeller: Bool, _ xml: inout XMLText) {
        xml.element(name) { xml in
            xml.element("ram:Name", party.name)
            if let registration = party.registration {
                xml.element("ram:SpecifiedLegalOrganization") { $0.element("ram:ID", registration) }
            }
            if isSeller, party.email != nil || party.phone != nil {
                xml.element("ram:DefinedTradeContact") { xml in
                    xml.element("ram:PersonName", party.name)
                    if let phone = party.phone {
                        xml.element("ram:TelephoneUniversalCommunication") { $0.element("ram:CompleteNumber", phone) }
                    }
                    if let email = party.email {
                        xml.element("ram:EmailURIUniversalCommunication") { $0.element("ram:URIID", email) }
                    }
                }
            }
            xml.element("ram:PostalTradeAddress") { xml in
                xml.elementIfPresent("ram:PostcodeCode", party.zip)
                xml.elementIfPresent("ram:LineOne", party.street)
                xml.elementIfPresent("ram:CityName", party.city)
                xml.element("ram:CountryID", party.country)
                xml.elementIfPresent("ram:CountrySubDivisionName", party.state)
            }
            if let endpoint = party.endpoint {
                xml.element("ram:URIUniversalCommunication") {
                    $0.element("ram:URIID", endpoint.id, [("schemeID", endpoint.scheme)])
                }
            }
            guard invoice.namesTaxIDs else { return }
            if isSeller, let number = party.taxNumber { Self.registration(number, "FC", &xml) }
            if let vat = party.vatID { Self.registration(vat, "VA", &xml) }
        }
    }

    private static func registration(_ id: String, _ scheme: String, _ xml: inout XMLText) {
        xml.element("ram:SpecifiedTaxRegistration") { $0.element("ram:ID", id, [("schemeID", scheme)]) }
    }

    private func settlement(_ xml: inout XMLText) throws(BillingError) {
        try xml.element("ram:ApplicableHeaderTradeSettlement") { xml throws(BillingError) in
            if invoice.account != nil { xml.element("ram:PaymentReference", invoice.number) }
            xml.element("ram:InvoiceCurrencyCode", invoice.currency.code)
            if let account = invoice.account { write(account, &xml) }
            for subtotal in invoice.subtotals { tax(subtotal.tax, of: subtotal, &xml) }
            for allowance in invoice.allowances { write(allowance, &xml) }
            if invoice.paymentTerms != nil || invoice.dueOn != nil {
                xml.element("ram:SpecifiedTradePaymentTerms") { xml in
                    xml.elementIfPresent("ram:Description", invoice.paymentTerms)
                    if let dueOn = invoice.dueOn {
                        xml.element("ram:DueDateDateTime") { Self.date("udt:DateTimeString", dueOn, &$0) }
                    }
                }
            }
            try sums(&xml)
            if let corrected = invoice.corrected {
                xml.element("ram:InvoiceReferencedDocument") { xml in
                    xml.element("ram:IssuerAssignedID", corrected.number)
                    if let date = corrected.issuedOn {
                        xml.element("ram:FormattedIssueDateTime") { Self.date("qdt:DateTimeString", date, &$0) }
                    }
                }
            }
        }
    }

    private func write(_ account: ElectronicInvoice.Account, _ xml: inout XMLText) {
        xml.element("ram:SpecifiedTradeSettlementPaymentMeans") { xml in
            xml.element("ram:TypeCode", invoice.paymentMeans)
            xml.element("ram:PayeePartyCreditorFinancialAccount") { xml in
                xml.element("ram:IBANID", account.iban)
                xml.elementIfPresent("ram:AccountName", account.name)
            }
            if let bic = account.bic {
                xml.element("ram:PayeeSpecifiedCreditorFinancialInstitution") { $0.element("ram:BICID", bic) }
            }
        }
    }

    private func write(_ allowance: ElectronicInvoice.Allowance, _ xml: inout XMLText) {
        xml.element("ram:SpecifiedTradeAllowanceCharge") { xml in
            xml.element("ram:ChargeIndicator") { $0.element("udt:Indicator", "false") }
            amount("ram:ActualAmount", allowance.amount, &xml)
            xml.element("ram:ReasonCode", "95")
            xml.element("ram:Reason", "Discount")
            xml.element("ram:CategoryTradeTax") { xml in
                xml.element("ram:TypeCode", "VAT")
                xml.element("ram:CategoryCode", allowance.tax.category.rawValue)
                if allowance.tax.category != .notSubject {
                    xml.element("ram:RateApplicablePercent", allowance.tax.percent.decimalText(places: 4))
                }
            }
        }
    }

    private func sums(_ xml: inout XMLText) throws(BillingError) {
        try xml.element("ram:SpecifiedTradeSettlementHeaderMonetarySummation") { xml throws(BillingError) in
            amount("ram:LineTotalAmount", try invoice.lineTotal, &xml)
            if !invoice.allowances.isEmpty { amount("ram:AllowanceTotalAmount", try invoice.allowanceTotal, &xml) }
            amount("ram:TaxBasisTotalAmount", try invoice.withoutTax, &xml)
            xml.element("ram:TaxTotalAmount", try invoice.taxTotal.decimalText, [("currencyID", invoice.currency.code)])
            amount("ram:GrandTotalAmount", try invoice.withTax, &xml)
            if !invoice.prepaid.isZero { amount("ram:TotalPrepaidAmount", invoice.prepaid, &xml) }
            amount("ram:DuePayableAmount", try invoice.payable, &xml)
        }
    }

    private func amount(_ name: String, _ money: Money, _ xml: inout XMLText) { xml.element(name, money.decimalText) }
}
