import Entities
import JSONCoding
import PostgresClient
import Primitives

/// SQL of the documents of invoices and credit notes.
struct InvoiceDocumentRepository: Sendable {
    let pool: PostgresPool

    /// An invoice with all that a document says of it; nil if there is none for the caller.
    func invoice(_ id: Identifier, in scope: TenantScope) async throws -> JSONValue? {
        try await read(Self.readingInvoice, id, in: scope)
    }

    /// A credit note with all that a document says of it; nil if there is none for the caller.
    func creditNote(_ id: Identifier, in scope: TenantScope) async throws -> JSONValue? {
        try await read(Self.readingNote, id, in: scope)
    }

    private func read(_ statement: PostgresStatement, _ id: Identifier, in scope: TenantScope) async throws
        -> JSONValue?
    {
        let result = try await pool.query(statement, [.identifier(id)], settings: scope.settings, as: .read)
        return try result.first.map { try JSONValue.parse(stored: $0.json(0)) }
    }

    /// The hash of a document as it was first drawn; the given one if that is the first time.
    func hash(of id: Identifier, tenant: Identifier?, drawn hash: String, in scope: TenantScope) async throws -> String
    {
        let result = try await pool.query(
            Self.keeping, [.identifier(id), .optional(tenant) { .identifier($0) }, .text(hash)],
            settings: scope.settings)
        return try result.first?.text(0) ?? hash
    }

    private static let keeping: PostgresStatement = """
        WITH added AS (
            INSERT INTO main.document_hashes (id, tenant_id, sha256) VALUES ($1, $2, $3)
            ON CONFLICT (id) DO NOTHING RETURNING sha256::text)
        SELECT sha256 FROM added UNION ALL SELECT sha256::text FROM main.document_hashes WHERE id = $1 LIMIT 1
        """

    /// A draft has no buyer yet; its buyer is the customer as currently known.
    private static let readingInvoice: PostgresStatement = """
        SELECT json_build_object(
            'id', invoice.id, 'tenantId', invoice.tenant_id, 'number', invoice.number, 'status', invoice.invoice_status,
            'issuedOn', invoice.issued_on, 'dueOn', invoice.due_on, 'currency', invoice.currency_code,
            'subtotal', invoice.subtotal, 'discount', invoice.discount, 'tax', invoice.tax, 'credit', invoice.credit,
            'total', invoice.total, 'prepaid', (
                -- Credit notes show what is given back later.
                SELECT -sum(use.amount)::bigint FROM main.credit_uses AS use
                WHERE use.invoice_id = invoice.id AND use.kind = 'burn'),
            'seller', invoice.seller, 'createdOn', to_char(invoice.created_on AT TIME ZONE 'UTC', 'YYYY-MM-DD'),
            'buyer', coalesce(invoice.buyer, (
                SELECT jsonb_build_object(
                    'firstName', known.first_name, 'lastName', known.last_name, 'company', known.company,
                    'billingAddress', known.billing_address, 'options', known.options)
                FROM main.billing_customer AS customer JOIN main.ledger_customers AS known ON known.id = customer.id
                WHERE invoice.number IS NULL AND NOT customer.deleted AND (customer.id = invoice.billing_customer_id
                    OR (invoice.billing_customer_id IS NULL AND customer.tenant_id = invoice.tenant_id::text)) LIMIT 1)),
            'lines', (
                SELECT coalesce(json_agg(json_build_object(
                    'description', line.description, 'amount', line.amount, 'kind', line.kind,
                    'details', line.details, 'periodStart', line.period_start, 'periodEnd', line.period_end,
                    'plan', coalesce(invoice.seller -> 'plans' ->> line.plan_id::text, plan.name)) ORDER BY line.position), '[]')
                FROM main.invoice_lines AS line LEFT JOIN main.plans AS plan ON plan.id = line.plan_id
                WHERE line.invoice_id = invoice.id AND NOT line.deleted))
        FROM main.invoice AS invoice WHERE invoice.id = $1 AND NOT invoice.deleted
        """

    private static let readingNote: PostgresStatement = """
        SELECT json_build_object(
            'id', note.id, 'tenantId', note.tenant_id, 'number', note.number, 'status', 'issued',
            'issuedOn', note.issued_on, 'currency', note.currency_code, 'subtotal', note.amount, 'tax', note.tax,
            'total', note.total, 'reason', note.reason, 'destination', note.destination, 'seller', note.seller,
            'buyer', note.buyer, 'createdOn', to_char(note.created_on AT TIME ZONE 'UTC', 'YYYY-MM-DD'),
            'invoiceNumber', invoice.number, 'invoiceIssuedOn', invoice.issued_on,
            'lines', (
                SELECT coalesce(json_agg(json_build_object(
                    'description', line.description, 'amount', line.amount, 'tax', line.tax,
                    'kind', billed.kind, 'details', billed.details, 'periodStart', billed.period_start,
                    'periodEnd', billed.period_end,
                    'plan', coalesce(note.seller -> 'plans' ->> billed.plan_id::text, plan.name)) ORDER BY line.position), '[]')
                FROM main.credit_note_lines AS line JOIN main.invoice_lines AS billed ON billed.id = line.invoice_line_id
                    LEFT JOIN main.plans AS plan ON plan.id = billed.plan_id
                WHERE line.credit_note_id = note.id))
        FROM main.credit_notes AS note JOIN main.invoice AS invoice ON invoice.id = note.invoice_id WHERE note.id = $1
        """
}
