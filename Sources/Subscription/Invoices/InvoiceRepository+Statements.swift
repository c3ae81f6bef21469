import Billing
import Entities
import JSONCoding
import PostgresClient
import Primitives

/// Statements for the transactions of those who write invoices.
extension InvoiceRepository {
    /// The statements that store an invoice: its row, then its lines.
    func insertStatements(
        _ invoice: DraftInvoice, as row: NewInvoiceRow, in scope: TenantScope
    ) throws(RepositoryError) -> [BoundStatement] {
        var values = FieldValues(Invoice.entity)
        values.identifier = row.id
        values[Invoice.invoiceID] = row.providerID
        values[Invoice.invoiceStatus] = row.status
        values[Invoice.billingCustomerID] = row.customer
        values[Invoice.subscriptionID] = row.subscription
        values[Invoice.tenantID] = row.tenant
        values[Invoice.currencyCode] = invoice.currency.code
        values[Invoice.subtotal] = Int(invoice.subtotal.minorUnits)
        values[Invoice.total] = Int(invoice.total.minorUnits)
        values[Invoice.periodStart] = row.period?.start.description
        values[Invoice.periodEnd] = row.period?.end.description
        values[Invoice.issuedOn] = row.issuedOn?.description
        values[Invoice.options] = row.details.options.map { JSONText($0) }
        values[Invoice.shippingAddress] = row.details.shippingAddress.map { JSONText($0) }
        var statements = [try invoices.insertStatement(values, in: scope)]
        for (index, line) in invoice.lines.enumerated() {
            var item = FieldValues(InvoiceItem.entity)
            item[InvoiceItem.invoiceID] = row.id
            item[InvoiceItem.position] = index + 1
            item[InvoiceItem.description] = line.description
            item[InvoiceItem.planID] = row.plan
            item[InvoiceItem.quantity] = Int(line.quantity)
            item[InvoiceItem.unitAmount] = Int(line.unitPrice.minorUnits)
            item[InvoiceItem.amount] = Int(line.amount.minorUnits)
            item[InvoiceItem.periodStart] = line.period?.start.description
            item[InvoiceItem.periodEnd] = line.period?.end.description
            statements.append(try items.insertStatement(item, in: scope))
        }
        return statements
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
