import Billing
import Entities
import JSONCoding

/// What may be credited of an invoice. Amounts are minor units unless they say otherwise.
struct CreditableInvoice: Sendable {
    let currency: Currency
    let credited: CreditNoteRepository.Credited

    /// - Throws: ``InvoiceError/notBillable`` for an invoice without amounts.
    init(_ credited: CreditNoteRepository.Credited) throws(InvoiceError) {
        guard let currency = credited.currency else { throw .notBillable }
        self.currency = currency
        self.credited = credited
    }

    private var isPaid: Bool { credited.status == .paid }
    /// What is to be paid.
    private var due: Int64 { isPaid ? 0 : credited.total - credited.reduction }
    /// What is left of the invoice.
    private var left: Int64 { max(0, credited.total + credited.credit - credited.notes.total) }

    /// What a note that leaves nothing of the invoice gives back, if it differs from the sum of its lines by their rounding only.
    func left(insteadOf sum: Money) -> Money {
        let difference = left - sum.minorUnits
        return difference.magnitude <= credited.lines.count ? Money(minorUnits: left, currency: currency) : sum
    }

    /// The tax of each amount: its part of that of the invoice. The amounts that leave nothing get all that is left of the tax.
    func taxes(on amounts: [Int64]) throws -> [Int64] {
        let before = credited.lines.reduce(Int64(0)) { $0 + $1.credited }
        let (subtotal, tax) = (credited.subtotal, credited.tax)
        guard subtotal > 0, tax > 0 else { return amounts.map { _ in 0 } }
        var (sum, given) = (before, credited.notes.tax)
        return try amounts.map { amount in
            sum += amount
            let whole = try Money(minorUnits: tax, currency: currency).multiplied(
                by: Rational(Int128(sum), Int128(subtotal)))
            let part = max(0, min(whole.minorUnits, tax) - given)
            given += part
            return part
        }
    }

    /// Checks that so much can be given back.
    /// - Throws: ``ValidationFailure`` that says how much can, ``InvoiceError/impossible(_:reason:)``.
    func require(_ total: Money, _ destination: CreditNoteRow.Destination) throws {
        guard total.minorUnits <= left else {
            throw Self.exceeding(
                "at most \(left) minor units with their taxes, which is what is left of the invoice", left)
        }
        switch destination {
        case .account: return
        case .refund where !isPaid:
            throw InvoiceError.impossible(.credit, reason: "there is no payment to refund")
        case .invoice where isPaid:
            throw InvoiceError.impossible(
                .credit, reason: "nothing is due on the invoice; use refund or account")
        case .payer, .refund, .invoice:
            guard isPaid || total.minorUnits <= due else {
                throw Self.exceeding(
                    "at most \(due) minor units with their taxes, which is what is due; account credit has paid the rest",
                    due)
            }
        }
    }

    private static func exceeding(_ text: String, _ left: Int64) -> ValidationFailure {
        ValidationFailure([
            ValidationDetail(
                path: "/lines", code: "left", message: "must be \(text)", info: ["left": .integer(left)])
        ])
    }
}
