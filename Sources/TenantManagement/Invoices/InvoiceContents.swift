import Billing
import Entities
import JSONCoding
import Primitives
import ServiceKit

/// What a printed invoice says, as text.
struct InvoiceContents: Sendable, Hashable {
    let id: Identifier
    let tenantName: String
    let addressLines: [String]
    /// As somebody entered it; nil when it is not known.
    let country: String?
    /// When the row was created, to the second, as the file's properties show it.
    let created: String
    let issued: String
    let period: String
    let due: String
    /// Nil for an unknown number.
    let status: Invoice.Status?
    let amount: String

    /// Reads an invoice whose tenant and its address are included; nil members of them are unset, or the row is deleted.
    /// - Throws: ``RepositoryError`` when a row lacks a field: a mistake of the code.
    init(_ invoice: Record) throws {
        let tenant = try invoice.related(Invoice.tenant) { tenant in
            (name: try tenant[Tenant.name], address: try tenant.related(Tenant.address, PrintedAddress.init).first)
        }.first
        id = try invoice.id
        tenantName = try tenant?.name ?? "Tenant \(invoice[Invoice.tenantID])"
        addressLines = tenant?.address?.lines ?? []
        country = tenant?.address?.country
        created = Self.second(try invoice[ifPresent: AuditBlock.createdOn])
        issued = Self.date(try invoice[ifPresent: AuditBlock.createdOn])
        let (start, end) = (try invoice[ifPresent: Invoice.startDate], try invoice[ifPresent: Invoice.endDate])
        period = "\(Self.date(start)) – \(Self.date(end))"
        due = Self.date(try invoice[ifPresent: Invoice.dueDate])
        // Any number may be in an adopted row.
        status = try? invoice[ifPresent: Invoice.status]
        amount = Self.amount(
            try invoice[Invoice.amount].literal, currency: try invoice[ifPresent: Invoice.currencyCode])
    }

    /// An address as it is printed.
    private struct PrintedAddress {
        let lines: [String]
        let country: String?

        init(_ row: RelatedRow) throws {
            func line(_ fields: Field<String>...) throws -> String {
                try fields.compactMap { try row[ifPresent: $0] }.filter { !$0.isEmpty }.joined(separator: ", ")
            }
            country = try row[ifPresent: Address.country]
            lines = [
                try line(Address.address), try line(Address.zip, Address.city), try line(Address.state),
                try line(Address.country),
            ].filter { !$0.isEmpty }
        }
    }

    /// The date in UTC.
    private static func date(_ instant: Timestamp?) -> String {
        instant.map { CalendarDate(of: $0).description } ?? "(none)"
    }

    /// The instant without its fraction of a second.
    private static func second(_ instant: Timestamp?) -> String {
        let text = instant.map(\.description) ?? "1970-01-01T00:00:00.000Z"
        return text.prefix { $0 != "." }.filter { $0 != "Z" } + "Z"
    }

    /// The amount with the decimals of its currency. With an unknown code, or more decimals than the currency has, it is shown
    /// as it is stored: an invoice never shows another number than the row.
    static func amount(_ number: String, currency text: String?) -> String {
        let code = (text ?? "").trimmingSpaces()
        if let currency = try? Currency(code), let money = try? Money(decimal: number, currency: currency) {
            return money.description
        }
        return "\(shortened(number)) \(code)".trimmingSpaces()
    }

    /// A number with a great many zeros in the form `12e300`, which fits a page.
    private static func shortened(_ number: String) -> String {
        guard number.utf8.count > 40, let exact = DecimalNumber(number) else { return number }
        let digits = exact.digits.map { String($0) }.joined()
        return "\(exact.isNegative ? "-" : "")\(digits.isEmpty ? "0" : digits)e\(exact.exponent)"
    }
}
