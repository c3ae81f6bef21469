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

extension DraftInvoice {
    /// The money of a row that was read with its lines. The tax is what the row adds to them.
    init(_ row: Record, in currency: Currency) throws {
        let subtotal = try row.money(Invoice.subtotal, in: currency) ?? .zero(currency)
        let total = try row.money(Invoice.total, in: currency) ?? subtotal
        let lines = try row.related(Invoice.lines) { try InvoiceLine($0, in: currency) }
        try self.init(lines: lines, tax: total.subtracting(subtotal))
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
