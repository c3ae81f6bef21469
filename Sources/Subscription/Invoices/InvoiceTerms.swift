import Billing
import Entities
import JSONCoding

/// How invoices are issued here: their numbers, when they are due, and who bills.
struct InvoiceTerms: Sendable, Hashable {
    /// The series of invoices; `{year}` is that of the day of issue.
    var series = "INV"
    /// The series of credit notes, in the same way.
    var creditNoteSeries = "CN"
    /// Days from the day of issue to the last day to pay.
    var paymentDays = 14
    /// Who bills, as invoices keep it; nil if nobody was configured.
    var seller: JSONValue?
    /// The logo that `seller` names.
    var logo: SellerLogo?

    /// Characters of a series, without a year.
    static let seriesLength = 12

    /// Whether a text may name a series: letters, digits and hyphens, perhaps with `{year}`.
    static func isSeries(_ text: String) -> Bool {
        let rest = text.replacing("{year}", with: "")
        return !text.isEmpty && text.utf8.count - rest.utf8.count <= 6 && rest.utf8.count <= seriesLength
            && rest.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF) || $0 == UInt8(ascii: "-")
            }
    }

    /// A series on a day.
    static func named(_ series: String, on date: CalendarDate) -> String {
        series.replacing("{year}", with: String(date.year))
    }

    /// The last day to pay what is issued on a day.
    /// - Parameter days: nil for those of the installation.
    func dueDate(from date: CalendarDate, days: Int? = nil) -> CalendarDate {
        (try? date.adding(days: days ?? paymentDays)) ?? date
    }

    /// Sets what a row needs when it is issued on a day, unless it is there.
    func complete(_ values: inout FieldValues, issuedOn date: CalendarDate) {
        values[Invoice.issuedOn] = date.description
        values[Invoice.dueOn] = dueDate(from: date).description
        values[Invoice.series] = Self.named(series, on: date)
        values[Invoice.seller] = seller.map { JSONText($0) }
    }
}
