import Billing
import JSONCoding
import MessageBus
import Primitives

/// What the customer of an invoice is told: it was issued or paid, or a credit note has corrected it. Amounts and dates are written
/// as the customer's locale has it; the text is English, as in all mails.
package struct InvoiceNotice: Sendable, Hashable {
    /// What has happened.
    package enum Kind: String, Sendable, CaseIterable {
        case issued, paid, credited

        /// The kind that an event asks for; nil for others.
        init?(ofEvent type: String) {
            guard let kind = Self.allCases.first(where: { $0.event == type }) else { return nil }
            self = kind
        }

        /// The event that asks for the mail.
        var event: String {
            switch self {
            case .issued: EventType.invoiceIssued
            case .paid: EventType.invoicePaid
            case .credited: EventType.creditNoteIssued
            }
        }
    }

    let kind: Kind
    /// Id of the invoice or of the credit note.
    let document: String
    /// Its number.
    let number: String
    /// The total, as people write it.
    let amount: String
    /// What is to be paid; nil: nothing.
    let due: String?
    /// The last day to pay.
    let dueOn: String?
    /// Whether the amount is taken from the tenant's payment source.
    let isCollected: Bool
    /// Number of the invoice that a credit note corrects.
    let corrected: String?
    /// What becomes of the amount of a credit note.
    let destination: String?
    /// Where the document is; nil if no address was configured.
    let link: String?

    /// Reads what an event says of an invoice.
    /// - Parameter link: Where documents are, with `{id}` in place of the document's id.
    /// - Returns: nil if something is missing without which there is no mail.
    init?(_ kind: Kind, _ data: JSONValue, link: String?) {
        let id = data[kind == .credited ? "creditNoteId" : "invoiceId"]?.stringValue.flatMap { Identifier($0) }
        guard let id, let number = data["number"]?.stringValue, let mail = data["mail"],
            let currency = data["currencyCode"]?.stringValue.flatMap({ try? Currency($0) }),
            let total = data["total"]?.intValue
        else { return nil }
        let format = LocaleFormat(tag: mail["locale"]?.stringValue)
        func text(_ amount: Int) -> String { format.text(Money(minorUnits: Int64(amount), currency: currency)) }
        let rest = mail["amount"]?.intValue
        self.kind = kind
        document = id.description
        self.number = number
        // A payment is of what was left.
        amount = text(kind == .paid ? rest ?? total : total)
        due = kind == .issued ? rest.flatMap { $0 > 0 ? text($0) : nil } : nil
        dueOn = data["dueOn"]?.stringValue.flatMap { try? CalendarDate($0) }.map { format.text($0) }
        isCollected = mail["isCollected"] == true
        corrected = mail["invoiceNumber"]?.stringValue
        destination = data["destination"]?.stringValue
        self.link = link?.replacing("{id}", with: document)
    }

    // MARK: The stored form of a mail

    var members: [(String, JSONValue)] {
        func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
        return [
            ("kind", .string(kind.rawValue)), ("document", .string(document)), ("name", .string(number)),
            ("amount", .string(amount)), ("due", text(due)), ("dueOn", text(dueOn)),
            ("isCollected", .bool(isCollected)), ("corrected", text(corrected)), ("destination", text(destination)),
        ]
    }

    /// The notice in the stored form of a mail.
    init?(content value: JSONValue) {
        guard let kind = value["kind"]?.stringValue.flatMap({ Kind(rawValue: $0) }) else { return nil }
        self.kind = kind
        document = value["document"]?.stringValue ?? ""
        number = value["name"]?.stringValue ?? ""
        amount = value["amount"]?.stringValue ?? ""
        due = value["due"]?.stringValue
        dueOn = value["dueOn"]?.stringValue
        isCollected = value["isCollected"] == true
        corrected = value["corrected"]?.stringValue
        destination = value["destination"]?.stringValue
        link = value["link"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
    }
}
