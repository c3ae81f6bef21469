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
