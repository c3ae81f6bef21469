import Billing
import Entities
import PostgresClient
import Primitives

/// SQL of credit notes.
struct CreditNoteRepository: Sendable {
    let notes: EntityRepository

    /// What is credited.
    enum Target: Sendable {
        case row(Identifier)
        /// Which invoice of a subscription, from 1.
        case ordinal(Int, of: Identifier)
    }

    /// A line of the invoice that is credited.
    struct Line: Sendable {
        /// Of the line on the invoice, from 1.
        let position: Int
        let amount: Money
        let tax: Money
    }

    /// A credit note before it has a number.
    struct NewRow: Sendable {
        let id: Identifier
        let invoice: Target
        /// Which credit note of the subscription it is; of those that the billing engine makes.
        var ordinal: Int?
        /// At least one.
        let lines: [Line]
        /// With the tax that is added to the amounts.
        let total: Money
        let destination: CreditNoteRow.Destination
        let reason: String?
        let issuedOn: CalendarDate
        let series: String
    }

    /// The statements that issue a credit note. They fail (`ARC10`, `ARC11`) if the invoice cannot be credited, or not so much; if there
    /// is no such invoice, the note is not there either, and its lines fail.
    func insertStatements(_ row: NewRow, in scope: TenantScope) -> [BoundStatement] {
        let amount = row.lines.reduce(Int64(0)) { $0 + $1.amount.minorUnits }
        let tax = row.lines.reduce(Int64(0)) { $0 + $1.tax.minorUnits }
        let (invoice, subscription, ordinal): (Identifier?, Identifier?, Int?) =
            switch row.invoice {
            case .row(let id): (id, nil, nil)
            case .ordinal(let ordinal, let subscription): (nil, subscription, ordinal)
            }
        let actor = PostgresValue.optional(scope.actor.identifier) { .identifier($0) }
        var statements = [
            BoundStatement(
                Self.inserting,
                [
                    .identifier(row.id), .optional(invoice) { .identifier($0) },
                    .optional(subscription) { .identifier($0) }, .optional(ordinal) { .int32(Int32(clamping: $0)) },
                    .optional(row.ordinal) { .int32(Int32(clamping: $0)) }, .int64(amount), .int64(tax),
                    .int64(row.total.minorUnits), .text(row.destination.rawValue),
                    .optional(row.reason) { .text($0) }, .text(row.issuedOn.description), .text(row.series), actor,
                    .text(row.total.currency.code),
                ])
        ]
        for (index, line) in row.lines.enumerated() {
            statements.append(
                BoundStatement(
                    Self.insertingLine,
                    [
                        .identifier(row.id), .int16(Int16(clamping: line.position)), .int64(line.amount.minorUnits),
                        .int64(line.tax.minorUnits), actor, .int16(Int16(clamping: index + 1)),
                    ]))
        }
        return statements
    }

    /// An invoice as a credit note finds it, in minor units.
    struct Credited: Sendable {
        struct Line: Sendable {
            /// From 1.
            let position: Int
            let description: String
            /// Nil for a line that the billing engine has not made.
            let kind: String?
            let amount: Int64
            let credited: Int64
        }

        /// Nil for invoices of the original, which have no amounts.
        let currency: Currency?
        let status: Invoice.Status?
        let subtotal: Int64
        let tax: Int64
        let total: Int64
        /// What account credit has paid.
        let credit: Int64
        /// By how much credit notes have reduced what is due.
        let reduction: Int64
        /// In the order of their positions.
        let lines: [Line]
        /// The sums of its credit notes.
        let notes: (total: Int64, tax: Int64)
    }

    /// Reads what was billed and credited so far, where writes are made; nil if there is no such invoice.
    func credited(_ invoice: Identifier, in scope: TenantScope) async throws(PostgresError) -> Credited? {
        var batch = PostgresBatch(settings: scope.settings)
        let sums = batch.add(BoundStatement(Self.summing, [.identifier(invoice)]))
        let lines = batch.add(BoundStatement(Self.listingLines, [.identifier(invoice)]))
        let results = try await notes.pool.run(batch)
        guard let row = results[sums].first else { return nil }
        var credited: [Credited.Line] = []
        for row in results[lines].rows {
            credited.append(
                Credited.Line(
                    position: try row.int(0), description: try row.text(1), kind: try row.textIfPresent(2),
                    amount: try row.int64(3), credited: try row.int64(4)))
        }
        return Credited(
            currency: try row.textIfPresent(0).flatMap { try? Currency($0) },
            status: try row.textIfPresent(1).map { Invoice.Status(rawValue: $0) }, subtotal: try row.int64(2),
            tax: try row.int64(3), total: try row.int64(4), credit: try row.int64(5), reduction: try row.int64(6),
            lines: credited, notes: (try row.int64(7), try row.int64(8)))
    }

    private static let summing: PostgresStatement = """
        SELECT invoice.currency_code::text, invoice.invoice_status::text, coalesce(invoice.subtotal, 0),
            coalesce(invoice.tax, invoice.total - invoice.subtotal, 0), coalesce(invoice.total, 0), coalesce(invoice.credit, 0),
            coalesce(invoice.credited, 0), coalesce(sum(note.total), 0)::bigint, coalesce(sum(note.tax), 0)::bigint
        FROM main.invoice AS invoice LEFT JOIN main.credit_notes AS note ON note.invoice_id = invoice.id
        WHERE invoice.id = $1 AND NOT invoice.deleted GROUP BY invoice.id
        """

    private static let listingLines: PostgresStatement = """
        SELECT line.position::integer, line.description::text, line.kind::text, line.amount,
            (SELECT coalesce(sum(credited.amount), 0)::bigint FROM main.credit_note_lines AS credited
                WHERE credited.invoice_line_id = line.id)
        FROM main.invoice_lines AS line WHERE line.invoice_id = $1 AND NOT line.deleted ORDER BY line.position
        """

    /// A credit note with its lines in order.
    /// - Throws: `.notFound`.
    func withLines(_ id: Identifier, in scope: TenantScope) async throws(RepositoryError) -> Record {
        let lines = Inclusion(CreditNoteRow.lines, scope: Filter(order: [Order(CreditNoteLine.position)]))
        return try await notes.findByID(id, filter: Filter(include: [lines]), in: scope)
    }

    /// The statement that fails (`isGuardViolation`) if an invoice has credit notes. Its transaction has to hold the row of the invoice.
    static func refusal(of invoice: Identifier) -> BoundStatement {
        BoundStatement(refusing, [.identifier(invoice)])
    }

    private static let refusing: PostgresStatement =
        "SELECT 1 / (count(*) = 0)::integer FROM main.credit_notes WHERE invoice_id = $1"

    private static let inserting: PostgresStatement = """
        INSERT INTO main.credit_notes (
            id, invoice_id, subscription_id, tenant_id, ordinal, currency_code, amount, tax, total, destination, reason, issued_on,
            series, created_on, modified_on, created_by, modified_by)
        SELECT $1, invoice.id, invoice.subscription_id, invoice.tenant_id, $5, invoice.currency_code, $6, $7, $8, $9, $10, $11, $12,
            date_trunc('milliseconds', now()), date_trunc('milliseconds', now()), $13, $13
        FROM main.invoice WHERE NOT invoice.deleted AND invoice.currency_code = $14
            AND (invoice.id = $2 OR (invoice.subscription_id = $3 AND invoice.ordinal = $4))
        """

    /// Fails (`isGuardViolation`) if there is no such note, or no such line.
    private static let insertingLine: PostgresStatement = """
        WITH credited AS (
            INSERT INTO main.credit_note_lines (
                id, credit_note_id, invoice_line_id, tenant_id, position, description, amount, tax, created_on, modified_on, created_by,
                modified_by)
            SELECT gen_random_uuid(), note.id, line.id, note.tenant_id, $6, line.description, $3, $4,
                date_trunc('milliseconds', now()), date_trunc('milliseconds', now()), $5, $5
            FROM main.credit_notes AS note JOIN main.invoice_lines AS line ON line.invoice_id = note.invoice_id
            WHERE note.id = $1 AND line.position = $2 AND NOT line.deleted
            RETURNING 1)
        SELECT 1 / count(*) FROM credited
        """
}
