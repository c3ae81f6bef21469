import Billing
import BillingPreview
import Entities
import JSONCoding
import PostgresClient
import Primitives

/// Statements for the transactions of those who write invoices.
extension InvoiceRepository {
    /// The statements that store an invoice: its row, then its lines. The database numbers the row and posts what is owed. An invoice of
    /// the billing engine is a draft until ``issueStatement(_:in:)`` issues it, so that its series is held for a moment only.
    func insertStatements(
        _ invoice: DraftInvoice, as row: NewInvoiceRow, in scope: TenantScope
    ) throws(RepositoryError) -> [BoundStatement] {
        var values = values(of: invoice, as: row)
        if row.isIssuedLast { values[Invoice.invoiceStatus] = .draft }
        var statements = [try invoices.insertStatement(values, in: scope)]
        for (index, line) in (invoice.lines + invoice.adjustments).enumerated() {
            statements.append(try items.insertStatement(self.values(of: line, at: index + 1, as: row), in: scope))
        }
        return statements
    }

    /// The statement that issues an invoice of the billing engine; nil if it is to be a draft, or was stored as issued.
    func issueStatement(_ row: NewInvoiceRow, in scope: TenantScope) throws(RepositoryError) -> BoundStatement? {
        guard row.isIssuedLast else { return nil }
        var values = FieldValues(Invoice.entity)
        values[Invoice.invoiceStatus] = row.status
        return try invoices.updateStatement(row.id, values, in: scope)
    }

    private func values(of invoice: DraftInvoice, as row: NewInvoiceRow) -> FieldValues {
        var values = FieldValues(Invoice.entity)
        values.identifier = row.id
        values[Invoice.invoiceID] = row.providerID
        values[Invoice.invoiceStatus] = row.status
        values[Invoice.billingCustomerID] = row.customer
        values[Invoice.subscriptionID] = row.subscription
        values[Invoice.tenantID] = row.tenant
        values[Invoice.currencyCode] = invoice.currency.code
        values[Invoice.subtotal] = Int(invoice.subtotal.minorUnits)
        values[Invoice.discount] = Int(invoice.discount.minorUnits)
        values[Invoice.tax] = Int(invoice.tax.minorUnits)
        values[Invoice.credit] = Int(invoice.credit.minorUnits)
        values[Invoice.creditBalance] = Int(invoice.creditBalance.minorUnits)
        values[Invoice.total] = Int(invoice.total.minorUnits)
        values[Invoice.periodStart] = row.period?.start.description
        values[Invoice.periodEnd] = row.period?.end.description
        let issuedOn = row.issuedOn ?? invoice.issuedOn
        if let issuedOn, row.status != .draft { terms.complete(&values, issuedOn: issuedOn) }
        values[Invoice.issuedOn] = issuedOn?.description
        if let dueOn = row.dueOn { values[Invoice.dueOn] = dueOn.description }
        values[Invoice.ordinal] = row.ordinal
        values[Invoice.collectionMethod] = row.collectionMethod
        values[Invoice.options] = row.details.options.map { JSONText($0) }
        values[Invoice.shippingAddress] = row.details.shippingAddress.map { JSONText($0) }
        return values
    }

    private func values(of line: InvoiceLine, at position: Int, as row: NewInvoiceRow) -> FieldValues {
        var item = FieldValues(InvoiceItem.entity)
        item[InvoiceItem.invoiceID] = row.id
        item[InvoiceItem.position] = position
        item[InvoiceItem.description] = String(line.description.prefix(500))
        item[InvoiceItem.planID] = row.plan
        item[InvoiceItem.quantity] = Int(line.quantity)
        item[InvoiceItem.unitAmount] = Int(line.unitPrice.minorUnits)
        item[InvoiceItem.amount] = Int(line.amount.minorUnits)
        item[InvoiceItem.periodStart] = line.period?.start.description
        item[InvoiceItem.periodEnd] = line.period?.end.description
        item[InvoiceItem.kind] = line.details?.kind.rawValue
        if line.details != nil {
            item[InvoiceItem.details] = JSONText(InvoiceLineJSON(line, hasTaxes: true).jsonBytes())
        }
        return item
    }

    /// The statement that settles the pending payments of an invoice. If the invoice is paid and no payment has succeeded yet,
    /// the newest one becomes a success; all others become failures.
    static func settlement(of id: Identifier, isPaid: Bool) -> BoundStatement {
        BoundStatement(settling, [.identifier(id), .bool(isPaid)])
    }

    private static let settling: PostgresStatement = """
        UPDATE main.billing_payments AS payment SET status = CASE
            WHEN $2 AND payment.id = (
                SELECT id FROM main.billing_payments
                WHERE invoice_id = $1 AND status = 'pending' AND NOT deleted ORDER BY created_on DESC, id DESC LIMIT 1)
                AND NOT EXISTS (
                    SELECT FROM main.billing_payments
                    WHERE invoice_id = $1 AND status = 'success' AND NOT deleted)
            THEN 'success' ELSE 'failure' END
        WHERE payment.invoice_id = $1 AND payment.status = 'pending' AND NOT payment.deleted
        """

    /// The statement that deletes all invoices of a customer.
    static func deletion(ofCustomer id: Identifier, in scope: TenantScope) -> BoundStatement {
        BoundStatement(
            deleting,
            [
                .identifier(id), .optional(scope.actor.identifier) { .identifier($0) },
                .optional(scope.tenantID) { .identifier($0) },
            ])
    }

    private static let deleting: PostgresStatement = """
        UPDATE main.invoice SET deleted = true, deleted_on = date_trunc('milliseconds', now()),
            deleted_by = $2, modified_by = $2
        WHERE billing_customer_id = $1 AND NOT deleted AND ($3::uuid IS NULL OR tenant_id = $3)
        """
}
