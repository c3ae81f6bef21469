import Entities

/// What an operator does with an invoice.
enum InvoiceAction: String, Sendable, CaseIterable {
    case issue
    case void
    /// Nobody is expected to pay it any more; a payment takes that back.
    case writeOff = "write-off"
    case credit = "credit-notes"

    /// The actions that are possible in a status.
    /// - Parameter isNumbered: Whether it was issued with a number. Those of former releases have none, and cannot be corrected.
    static func legal(in status: Invoice.Status?, isNumbered: Bool) -> [InvoiceAction] {
        let corrections: [InvoiceAction] = isNumbered ? [.credit] : []
        return switch status {
        case .draft: [.issue, .void]
        case .paid: corrections
        case nil, .void, .voided: []
        case .uncollectible: [.void] + corrections
        case .posted, .paymentDue, .notPaid, .pending, .open, .other: [.void, .writeOff] + corrections
        }
    }
}
