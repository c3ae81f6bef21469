import Billing
import Entities
import JSONCoding
import PostgresClient
import Primitives

/// SQL of invoices that customers are billed with.
extension InvoiceRepository {
    /// A row with what rules need of it.
    struct Row: Sendable {
        let id: Identifier
        /// The provider's id; nil for a draft.
        let providerID: String?
        let status: String?
        let customer: Identifier?
        let tenant: Identifier?
        let currency: String?
        /// In minor units; nil for invoices of the original, which kept none.
        let total: Int64?
        let version: Int64

        init(_ record: Record) throws {
            id = try record.id
            providerID = try record.textIfPresent("invoiceId")
            status = try record.textIfPresent("invoiceStatus")
            customer = try record.identifierIfPresent("billingCustomerId")
            tenant = try record.identifierIfPresent("tenantId")
            currency = try record.textIfPresent("currencyCode")
            total = try record.integerIfPresent("total").map { Int64($0) }
            version = try record.version
        }

        /// Checks that the invoice bills what a period costs. One of the original, which kept no amounts, may.
        /// - Throws: ``SubscriptionError/invoiceMismatch(_:)``.
        func requireTotal(_ price: Money) throws(SubscriptionError) {
            guard let total, currency != price.currency.code || total != price.minorUnits else { return }
            throw .invoiceMismatch("must be an invoice over the plan's price for one period, \(price)")
        }
    }

    /// The invoice that a text names: by our id or by the provider's.
    func named(_ text: String, in scope: TenantScope) async throws -> Row? {
        try await invoices.find(.naming(text, in: ["invoiceId"]), in: scope).first.map(Row.init)
    }

    /// The statements that store an invoice: its row, then its lines.
    func insertStatements(
        _ new: NewInvoice, id: Identifier, issued: IssuedInvoice, on day: String,
        for customer: BillingCustomerRepository.Row, in scope: TenantScope
    ) throws(RepositoryError) -> [BoundStatement] {
        var invoice = FieldValues(Invoice.entity)
        invoice.identifier = id
        invoice["invoiceId"] = .text(issued.id)
        invoice["invoiceStatus"] = .text(issued.status)
        invoice["billingCustomerId"] = .identifier(customer.id)
        invoice["tenantId"] = .optional(customer.tenant) { .identifier($0) }
        invoice["currencyCode"] = .text(new.currency.code)
        invoice["subtotal"] = .int64(new.total)
        invoice["total"] = .int64(new.total)
        invoice["issuedOn"] = .text(day)
        invoice["options"] = .optional(new.details.options) { .json($0.serialized()) }
        invoice["shippingAddress"] = .optional(new.details.shippingAddress) { .json($0.serialized()) }
        var statements = [try invoices.insertStatement(invoice, in: scope)]
        for (index, charge) in new.charges.enumerated() {
            var item = FieldValues(InvoiceItem.entity)
            item["invoiceId"] = .identifier(id)
            item["position"] = .int16(Int16(clamping: index + 1))
            item["description"] = .text(charge.description)
            item["quantity"] = .int64(1)
            item["unitAmount"] = .int64(charge.amount)
            item["amount"] = .int64(charge.amount)
            statements.append(try items.insertStatement(item, in: scope))
        }
        return statements
    }

    /// The statement that locks an invoice until the end of the transaction.
    static func lock(_ id: Identifier) -> BoundStatement { BoundStatement(locking, [.identifier(id)]) }

    private static let locking: PostgresStatement = "SELECT 1 FROM main.invoice WHERE id = $1 FOR UPDATE"

    /// The statement that fails (`isGuardViolation`) when an invoice cannot back a subscription: it backs another one, or
    /// has a line for another plan. Exact under the invoice's lock.
    static func backing(_ id: Identifier, subscription: Identifier, plan: Identifier) -> BoundStatement {
        BoundStatement(checkingBacking, [.identifier(id), .identifier(subscription), .identifier(plan)])
    }

    private static let checkingBacking: PostgresStatement = """
        SELECT 1 / (CASE WHEN EXISTS (
            SELECT FROM main.subscriptions WHERE invoice_id = $1 AND id <> $2 AND NOT deleted
        ) OR EXISTS (
            SELECT FROM main.invoice WHERE id = $1 AND subscription_id <> $2
        ) OR EXISTS (
            SELECT FROM main.invoice_lines WHERE invoice_id = $1 AND plan_id <> $3 AND NOT deleted
        ) THEN 0 ELSE 1 END)
        """

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
