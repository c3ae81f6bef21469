import Billing
import Entities
import PostgresClient
import Primitives
import ServiceKit

/// Makes rows of what the billing engine has computed: invoices and credit notes, with their lines, numbers and postings.
///
/// Everything is statements for the caller's transaction. The database gives each invoice the next number of its series when its last
/// statement runs (``Issued/numbering``), and holds the series until the transaction ends; so put that statement behind those that take
/// other locks, and before the events. An ordinal that was issued already is `RepositoryError.conflict` (a unique index): nothing is
/// issued twice.
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
        /// What is run behind them, as late as possible: it holds the series.
        var numbering: BoundStatement?
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
        return Issued(
            id: id, statements: try invoices.insertStatements(invoice, as: row, in: context.scope),
            numbering: try invoices.issueStatement(row, in: context.scope))
    }

    /// What somebody who has asked for a credit note has said about it.
    struct NoteTerms: Sendable {
        let id: Identifier
        let destination: CreditNoteRow.Destination
        let reason: String?
        /// With the tax: what it gives back if nothing shall be left of the invoice; nil for the sum of its parts.
        var total: Money?
    }

    /// A credit note on the invoice of the subscription that it names: of one line, or with the terms of a request of several lines
    /// of the same invoice.
    /// - Parameter notes: At least one.
    func issue(
        _ notes: [CreditNote], _ order: Order, terms: NoteTerms? = nil, in context: WriteContext
    ) throws -> Issued {
        guard let first = notes.first else { return Issued(id: .v7(at: context.now), statements: []) }
        let id = terms?.id ?? Identifier.v7(at: context.now)
        var lines = notes.map {
            CreditNoteRepository.Line(position: $0.line, amount: $0.amount, tax: $0.tax)
        }
        var total = try Money.sum(notes.map(\.total), in: first.total.currency)
        if let exact = terms?.total,
            let largest = lines.indices.max(by: { lines[$0].tax.minorUnits < lines[$1].tax.minorUnits })
        {
            // What rounding line by line has left over.
            let line = lines[largest]
            let tax = try line.tax.adding(exact.subtracting(total))
            if !tax.isNegative {
                lines[largest] = .init(position: line.position, amount: line.amount, tax: tax)
                total = exact
            }
        }
        let row = CreditNoteRepository.NewRow(
            id: id, invoice: .ordinal(first.invoice, of: order.subscription), ordinal: order.ordinal, lines: lines,
            total: total, destination: terms?.destination ?? (first.isRefund ? .payer : .account),
            reason: terms?.reason, issuedOn: first.issuedOn,
            series: InvoiceTerms.named(invoices.terms.creditNoteSeries, on: first.issuedOn))
        return Issued(id: id, statements: self.notes.insertStatements(row, in: context.scope))
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
