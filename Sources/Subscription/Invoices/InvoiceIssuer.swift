import Billing
import Entities
import PostgresClient
import Primitives
import ServiceKit

/// Makes rows of what the billing engine has computed: invoices and credit notes, with their lines, numbers and postings.
///
/// Everything is statements for the caller's transaction. The database gives each invoice the next number of its series when the last
/// of its statements runs, and holds the series until the transaction ends; so put these statements behind those that take other locks,
/// and before the events. An ordinal that was issued already is `RepositoryError.conflict` (a unique index): nothing is issued twice.
struct InvoiceIssuer: Sendable {
    let invoices: InvoiceRepository
    let notes: CreditNoteRepository

    /// Whose invoice it is.
    struct Order: Sendable {
        let subscription: Identifier
        let tenant: Identifier
        /// Which invoice, or credit note, of the subscription it is, from 1.
        let ordinal: Int
        var plan: Identifier?
        /// The row in `billing_customer`; nil for that of the tenant, if it has one.
        var customer: Identifier?
        /// Nil: nobody collects it.
        var collectionMethod: CollectionMethod?
        /// Days to pay; nil for those of the installation.
        var paymentDays: Int?
        /// Whether it waits for somebody to issue it.
        var isDraft = false
    }

    /// An invoice, or a credit note, that is issued when the statements commit.
    struct Issued: Sendable {
        let id: Identifier
        let statements: [BoundStatement]
    }

    /// An invoice. Without anything to pay it is paid at once.
    func issue(
        _ invoice: DraftInvoice, _ order: Order, in context: WriteContext
    ) throws(RepositoryError) -> Issued {
        let id = Identifier.v7(at: context.now)
        let date = invoice.issuedOn ?? CalendarDate(of: context.now)
        var row = NewInvoiceRow(
            id: id, status: order.isDraft ? .draft : invoice.total.isZero ? .paid : .open,
            providerID: order.isDraft ? nil : Self.newProviderID(), issuedOn: date,
            dueOn: invoices.terms.dueDate(from: date, days: order.paymentDays), customer: order.customer,
            tenant: order.tenant, subscription: order.subscription, plan: order.plan)
        row.ordinal = order.ordinal
        row.collectionMethod = order.collectionMethod
        row.period = Self.period(of: invoice)
        return Issued(id: id, statements: try invoices.insertStatements(invoice, as: row, in: context.scope))
    }

    /// A credit note on the invoice of the subscription that it names.
    func issue(
        _ note: CreditNote, _ order: Order, reason: String? = nil, in context: WriteContext
    ) throws(RepositoryError) -> Issued {
        let id = Identifier.v7(at: context.now)
        let row = CreditNoteRepository.NewRow(
            id: id, invoice: .ordinal(note.invoice, of: order.subscription), ordinal: order.ordinal,
            lines: [.init(position: note.line, amount: note.amount, tax: note.tax)], total: note.total,
            destination: note.isRefund ? .payer : .account, reason: reason, issuedOn: note.issuedOn,
            series: InvoiceTerms.named(invoices.terms.creditNoteSeries, on: note.issuedOn))
        return Issued(id: id, statements: notes.insertStatements(row, in: context.scope))
    }

    /// A new id, as the built-in provider gives them, for an invoice that it never had to make.
    static func newProviderID() -> String { "in_\(SecureRandom.hex(bytes: 12))" }

    /// From the first to the last day that any line is for.
    private static func period(of invoice: DraftInvoice) -> BillingPeriod? {
        let periods = invoice.lines.compactMap(\.period)
        guard let start = periods.map(\.start).min(), let end = periods.map(\.end).max() else { return nil }
        return try? BillingPeriod(start: start, end: end)
    }
}
