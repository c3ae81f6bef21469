import Billing
import Entities
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
    /// Nil for a number that no status has.
    let status: Invoice.Status?
    let amount: String

    /// Reads an invoice.
    /// - Parameters:
    ///   - tenant: Nil if it is deleted.
    ///   - address: Nil if the tenant has none.
    /// - Throws: ``RepositoryError`` when a record lacks a field: a mistake of the code.
    init(_ invoice: Record, tenant: Record?, address: Record?) throws(RepositoryError) {
        func line(_ fields: String...) throws(RepositoryError) -> String {
            var parts: [String] = []
            for field in fields {
                if let part = try address?.textIfPresent(field), !part.isEmpty { parts.append(part) }
            }
            return parts.joined(separator: ", ")
        }
        id = try invoice.id
        let tenantID = try invoice.identifier("tenantId")
        tenantName = try tenant?.text("name") ?? "Tenant \(tenantID)"
        let lines = [try line("address"), try line("zip", "city"), try line("state"), try line("country")]
        addressLines = lines.filter { !$0.isEmpty }
        country = try address?.textIfPresent("country")
        created = Self.second(try invoice.timestampIfPresent("createdOn"))
        issued = Self.date(try invoice.timestampIfPresent("createdOn"))
        period =
            "\(Self.date(try invoice.timestampIfPresent("startDate"))) – \(Self.date(try invoice.timestampIfPresent("endDate")))"
        due = Self.date(try invoice.timestampIfPresent("dueDate"))
        status = Invoice.Status(rawValue: try invoice.integer("status"))
        amount = Self.amount(try invoice.number("amount"), currency: try invoice.textIfPresent("currencyCode"))
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

    /// The amount with the decimals of its currency. What no currency knows (a made-up code, more decimals than it has)
    /// is shown as it is stored: an invoice never says another number than the row.
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
