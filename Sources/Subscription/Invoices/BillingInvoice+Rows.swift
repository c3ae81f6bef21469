import Billing
import Entities
import JSONCoding

/// Invoices as their rows have them.
extension Record {
    /// The currency of an invoice; nil for rows of the original, which have none.
    var invoiceCurrency: Currency? {
        get throws { try self[ifPresent: Invoice.currencyCode].flatMap { try? Currency($0) } }
    }

    /// An amount in minor units of the currency; nil if one of them is unset.
    func money(_ field: Field<Int>, in currency: Currency?) throws -> Money? {
        guard let currency, let units = try self[ifPresent: field] else { return nil }
        return Money(minorUnits: Int64(units), currency: currency)
    }
}

extension InvoiceLine {
    /// The line of a row.
    init(_ row: RelatedRow, in currency: Currency) throws {
        func money(_ field: Field<Int>) throws -> Money {
            Money(minorUnits: Int64(try row[field]), currency: currency)
        }
        func date(_ field: Field<String>) throws -> CalendarDate? {
            try row[ifPresent: field].flatMap { try? CalendarDate($0) }
        }
        var period: BillingPeriod?
        if let start = try date(InvoiceItem.periodStart), let end = try date(InvoiceItem.periodEnd) {
            period = try? BillingPeriod(start: start, end: end)
        }
        self.init(
            billed: try row[InvoiceItem.description], unitPrice: try money(InvoiceItem.unitAmount),
            quantity: Int64(try row[InvoiceItem.quantity]), amount: try money(InvoiceItem.amount), period: period)
    }
}

extension InvoiceLineDetails.Kind {
    /// The kinds of lines that explain the sums of an invoice, as rows have them.
    static let ofAdjustments: Set<String> = [Self.discount.rawValue, Self.tax.rawValue]
}

extension DraftInvoice {
    /// The money of a row that was read with its lines. Rows of former releases have no sums but two: then the tax is what the total
    /// adds to the lines.
    init(_ row: Record, in currency: Currency) throws {
        let subtotal = try row.money(Invoice.subtotal, in: currency) ?? .zero(currency)
        let total = try row.money(Invoice.total, in: currency) ?? subtotal
        var lines: [InvoiceLine] = []
        var adjustments: [InvoiceLine] = []
        for (kind, line) in try row.related(
            Invoice.lines,
            {
                (try $0[ifPresent: InvoiceItem.kind], try InvoiceLine($0, in: currency))
            })
        {
            if InvoiceLineDetails.Kind.ofAdjustments.contains(kind ?? "") {
                adjustments.append(line)
            } else {
                lines.append(line)
            }
        }
        guard let tax = try row.money(Invoice.tax, in: currency) else {
            try self.init(lines: lines, tax: total.subtracting(subtotal))
            return
        }
        self.init(
            issued: lines, adjustments: adjustments, subtotal: subtotal,
            discount: try row.money(Invoice.discount, in: currency) ?? .zero(currency), tax: tax,
            credit: try row.money(Invoice.credit, in: currency) ?? .zero(currency),
            creditBalance: try row.money(Invoice.creditBalance, in: currency) ?? .zero(currency), total: total,
            issuedOn: try row[ifPresent: Invoice.issuedOn].flatMap { try? CalendarDate($0) })
    }
}

extension BillingInvoice {
    /// The invoice of a row that was read with its lines.
    init(_ row: Record) throws {
        self.init(
            status: try row[ifPresent: Invoice.invoiceStatus],
            contents: try row.invoiceCurrency.map { try DraftInvoice(row, in: $0) },
            details: InvoiceDetails(
                options: try row[ifPresent: Invoice.options].map { try $0.value() },
                shippingAddress: try row[ifPresent: Invoice.shippingAddress].map { try $0.value() }))
    }
}
