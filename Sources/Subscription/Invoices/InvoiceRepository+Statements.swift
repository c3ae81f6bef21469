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
        func date(_ date: CalendarDate?) -> PostgresValue { .optional(date) { .text($0.description) } }
        var values = FieldValues(Invoice.entity)
        values.identifier = row.id
        values["invoiceId"] = .optional(row.providerID) { .text($0) }
        values["invoiceStatus"] = .text(row.status.rawValue)
        values["billingCustomerId"] = .optional(row.customer) { .identifier($0) }
        values["subscriptionId"] = .optional(row.subscription) { .identifier($0) }
        values["tenantId"] = .optional(row.tenant) { .identifier($0) }
        values["currencyCode"] = .text(invoice.currency.code)
        values["subtotal"] = .int64(invoice.subtotal.minorUnits)
        values["total"] = .int64(invoice.total.minorUnits)
        values["periodStart"] = date(row.period?.start)
        values["periodEnd"] = date(row.period?.end)
        values["issuedOn"] = date(row.issuedOn)
        values["options"] = .optional(row.details.options) { .json($0.serialized()) }
        values["shippingAddress"] = .optional(row.details.shippingAddress) { .json($0.serialized()) }
        var statements = [try invoices.insertStatement(values, in: scope)]
        for (index, line) in invoice.lines.enumerated() {
            var item = FieldValues(InvoiceItem.entity)
            item["invoiceId"] = .identifier(row.id)
            item["position"] = .int16(Int16(clamping: index + 1))
            item["description"] = .text(line.description)
            item["planId"] = .optional(row.plan) { .identifier($0) }
            item["quantity"] = .int64(line.quantity)
            item["unitAmount"] = .int64(line.unitPrice.minorUnits)
            item["amount"] = .int64(line.amount.minorUnits)
            item["periodStart"] = date(line.period?.start)
            item["periodEnd"] = date(line.period?.end)
            statements.append(try items.insertStatement(item, in: scope))
        }
        return statements
    }

    /// The statement that settles the payments of an invoice that were announced and not confirmed: of a paid invoice the
    /// newest was the one, and the others came to nothing.
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
                .optional(scope.tenantId) { .identifier($0) },
            ])
    }

    private static let deleting: PostgresStatement = """
        UPDATE main.invoice SET deleted = true, deleted_on = date_trunc('milliseconds', now()),
            deleted_by = $2, modified_by = $2
        WHERE billing_customer_id = $1 AND NOT deleted AND ($3::uuid IS NULL OR tenant_id = $3)
        """
}
