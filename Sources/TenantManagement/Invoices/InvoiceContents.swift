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
    let status: String
    let amount: String

    /// Reads an invoice whose `tenant` and its `address` are included.
    /// - Throws: ``RepositoryError`` when the record lacks a field: a mistake of the code.
    init(_ invoice: Record) throws(RepositoryError) {
        let tenant = try invoice.relationIfPresent("tenant").flatMap { try? JSONValue.parse(stored: $0) }
        let address = tenant?["address"]
        func line(_ fields: [String]) -> String {
            fields.compactMap { address?[$0]?.stringValue }.filter { !$0.isEmpty }.joined(separator: ", ")
        }
        id = try invoice.id
        let tenantID = try invoice.identifier("tenantId")
        tenantName = tenant?["name"]?.stringValue ?? "Tenant \(tenantID)"
        addressLines = [line(["address"]), line(["zip", "city"]), line(["state"]), line(["country"])].filter {
            !$0.isEmpty
        }
        country = address?["country"]?.stringValue
        created = Self.second(try invoice.timestampIfPresent("createdOn"))
        issued = Self.date(try invoice.timestampIfPresent("createdOn"))
        period =
            "\(Self.date(try invoice.timestampIfPresent("startDate"))) – \(Self.date(try invoice.timestampIfPresent("endDate")))"
        due = Self.date(try invoice.timestampIfPresent("dueDate"))
        status = Invoice.statusNames[try invoice.integer("status")] ?? "UNKNOWN"
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
