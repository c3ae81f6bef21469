import Billing
import Entities
import JSONCoding

/// The money of rows in minor units, and of the lines of an invoice.
extension Record {
    /// The currency of the row; nil for rows of the original, which have none.
    var currencyIfPresent: Currency? {
        get throws { try textIfPresent("currencyCode").flatMap { try? Currency($0) } }
    }

    /// An amount in minor units of the currency; nil if one of them is unset.
    func moneyIfPresent(_ field: String, in currency: Currency?) throws -> Money? {
        guard let currency, let units = try integerIfPresent(field) else { return nil }
        return Money(minorUnits: Int64(units), currency: currency)
    }
}

extension InvoiceLine {
    /// The line of a row.
    init(_ row: Record, in currency: Currency) throws {
        func money(_ field: String) throws -> Money {
            Money(minorUnits: Int64(try row.integer(field)), currency: currency)
        }
        func date(_ field: String) throws -> CalendarDate? {
            try row.textIfPresent(field).flatMap { try? CalendarDate($0) }
        }
        var period: BillingPeriod?
        if let start = try date("periodStart"), let end = try date("periodEnd") {
            period = try? BillingPeriod(start: start, end: end)
        }
        self.init(
            billed: try row.text("description"), unitPrice: try money("unitAmount"),
            quantity: Int64(try row.integer("quantity")), amount: try money("amount"), period: period)
    }
}

extension DraftInvoice {
    /// The money of a row with its lines. The tax is what the row adds to them.
    init(_ row: Record, lines: RecordList, in currency: Currency) throws {
        let subtotal = try row.moneyIfPresent("subtotal", in: currency) ?? .zero(currency)
        let total = try row.moneyIfPresent("total", in: currency) ?? subtotal
        try self.init(
            lines: lines.map { try InvoiceLine($0, in: currency) }, tax: total.subtracting(subtotal))
    }
}

extension BillingInvoice {
    /// The invoice of a row and the rows of its lines.
    init(_ row: Record, lines: RecordList) throws {
        func json(_ field: String) throws -> JSONValue? {
            try row.jsonIfPresent(field).map { try JSONValue.parse(stored: $0) }
        }
        self.init(
            status: try row.textIfPresent("invoiceStatus").map { Invoice.Status(rawValue: $0) },
            contents: try row.currencyIfPresent.map { try DraftInvoice(row, lines: lines, in: $0) },
            details: InvoiceDetails(options: try json("options"), shippingAddress: try json("shippingAddress")))
    }
}
