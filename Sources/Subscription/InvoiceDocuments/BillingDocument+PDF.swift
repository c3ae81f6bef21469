import Billing
import JSONCoding
import PDFDocuments
import Primitives

extension BillingDocument {
    /// The document as it is printed. It contains nothing that changes after the day of issue, so that it is always the same.
    func pdf(fontFamily: String) throws -> PDFDocument {
        let format = LocaleFormat(tag: buyerOptions["locale"]?.stringValue)
        let name = number ?? (isDraft ? "not issued" : id.description)
        let texts = [buyer.name] + buyer.addressLines + lines.map(\.description)
        return PDFDocument(
            title: title, subtitle: "No. \(name)",
            badge: isDraft
                ? .init("DRAFT", tone: .negative) : .init(kind == .invoice ? "INVOICE" : "CREDIT", tone: .neutral),
            recipient: .init(
                label: kind == .invoice ? "BILLED TO" : "CREDITED TO", name: buyer.name, lines: buyerLines),
            facts: facts(format), table: try table(format), footer: footer(name), created: "\(createdOn)T00:00:00Z",
            language: PrintableText.language(of: texts, country: buyer.country), fontFamily: fontFamily,
            sender: seller.map { .init(label: "FROM", name: $0.name, lines: lines(of: $0)) },
            notes: try notes(format), accent: buyerOptions["branding"]?["color"]?.stringValue ?? "")
    }

    private var title: String {
        switch kind {
        case .invoice: isDraft ? "Draft invoice" : "Invoice"
        case .creditNote: "Credit note"
        }
    }

    private func footer(_ name: String) -> String {
        [sellerDetails["footer"]?.stringValue, "\(title) \(name)"].compactMap { $0 }.joined(separator: " · ")
    }

    private func lines(of party: InvoiceParty) -> [String] {
        party.addressLines + Self.identification(party) + [party.email, party.phone].compactMap { $0 }
    }

    private var buyerLines: [String] { buyer.addressLines + Self.identification(buyer) }

    private static func identification(_ party: InvoiceParty) -> [String] {
        [
            party.vatID.map { "VAT ID \($0)" }, party.taxNumber.map { "Tax number \($0)" },
            party.registration.map { "Registration \($0)" },
        ].compactMap { $0 }
    }

    private func facts(_ format: LocaleFormat) -> [PDFDocument.Field] {
        var facts: [PDFDocument.Field] = []
        if let issuedOn { facts.append(.init("ISSUED", format.text(issuedOn))) }
        if let dueOn, !isDraft, kind == .invoice { facts.append(.init("DUE DATE", format.text(dueOn))) }
        let periods = lines.compactMap(\.period)
        if let start = periods.map(\.start).min(), let lastDay = periods.map(\.lastDay).max() {
            facts.append(.init("PERIOD", "\(format.text(start)) – \(format.text(lastDay))"))
        }
        if let corrected {
            facts.append(.init("CORRECTS INVOICE", corrected.number))
            if let date = corrected.issuedOn { facts.append(.init("OF", format.text(date))) }
        }
        if let reference = buyerOptions["buyerReference"]?.stringValue {
            facts.append(.init("YOUR REFERENCE", reference))
        }
        return facts
    }

    private func table(_ format: LocaleFormat) throws -> PDFDocument.Table {
        var sum = Money.zero(currency)
        var sums: [String] = []
        for line in lines {
            sum = try sum.adding(line.amount)
            sums.append(format.text(sum))
        }
        return PDFDocument.Table(
            columns: [
                .init("DESCRIPTION", share: 5), .init("PERIOD", share: 3),
                .init("AMOUNT", share: 2, isAmount: true),
            ],
            rows: lines.map { line in
                let formula = line.formula.map { $0 == line.amount.decimalText ? "" : " (\($0))" } ?? ""
                return [
                    line.description + formula,
                    line.period.map { "\(format.text($0.start)) – \(format.text($0.lastDay))" } ?? "",
                    format.text(line.amount),
                ]
            }, totals: try totals(format),
            carried: .init(label: "Carried forward", broughtLabel: "Brought forward", sums: sums))
    }

    private func totals(_ format: LocaleFormat) throws -> [PDFDocument.Field] {
        var totals = [PDFDocument.Field("Subtotal", format.text(subtotal))]
        // If there is no room for each of them, only their sums are printed.
        if discounts.count + taxes.count > PDFLimits.totals - 5 {
            totals.append(.init("Discounts", format.text(try discount.negated())))
            totals.append(.init("Taxes", format.text(tax)))
        } else {
            for discount in discounts { totals.append(.init(discount.description, format.text(discount.amount))) }
            for tax in taxes {
                let isWithin = tax.rate?.isInclusive == true && tax.rate?.isReverseCharge == false
                totals.append(
                    .init(isWithin ? "\(tax.description), included" : tax.description, format.text(tax.amount)))
            }
        }
        if credit.minorUnits > 0 {
            totals.append(.init("Account credit used", format.text(try credit.negated())))
        } else if credit.isNegative {
            totals.append(.init("Added to the account credit", format.text(try credit.negated())))
        }
        if prepaid.minorUnits > 0 {
            totals.append(.init("Prepaid credits used", format.text(try prepaid.negated())))
        }
        let label =
            switch (kind, destination) {
            case (.invoice, _): "Total due"
            case (.creditNote, .account): "Added to the account credit"
            case (.creditNote, .refund): "Refunded"
            case (.creditNote, _): "Total credited"
            }
        return totals + [.init(label, format.text(try due))]
    }

    private func notes(_ format: LocaleFormat) throws -> [String] {
        var notes: [String] = []
        if isDraft { notes.append("This is a draft, not an invoice. Amounts may change until it is issued.") }
        if let reason { notes.append("Reason: \(reason)") }
        if lines.contains(where: { $0.rates.contains(where: \.isReverseCharge) }) {
            notes.append("Reverse charge: the buyer owes the tax.")
        }
        let due = try due
        guard kind == .invoice, !isDraft, due.minorUnits > 0 else { return notes }
        let request = dueOn.map { "Please pay \(format.text(due)) by \(format.text($0))." }
        notes += [request, sellerDetails["paymentTerms"]?.stringValue].compactMap { $0 }
        if let bank = sellerDetails["bank"], let iban = bank["iban"]?.stringValue {
            let parts = ["IBAN \(iban)", bank["bic"]?.stringValue.map { "BIC \($0)" }, bank["name"]?.stringValue]
            notes.append(parts.compactMap { $0 }.joined(separator: ", "))
        }
        return notes
    }
}
