import Billing
import Entities
import PostgresClient
import Primitives

/// SQL of invoices.
struct InvoiceRepository: Sendable {
    let invoices: EntityRepository
    let items: EntityRepository

    /// An invoice with its lines in order.
    /// - Throws: `.notFound`.
    func withLines(_ id: Identifier, in scope: TenantScope) async throws(RepositoryError) -> Record {
        let lines = Inclusion("lines", scope: Filter(order: [Order("position")]))
        return try await invoices.findById(id, filter: Filter(include: [lines]), in: scope)
    }

    /// The invoice that a text names, by our id or the provider's, for a tenant's subscription.
    /// - Parameter tenant: Whose it must be; nil: anybody's whom the scope lets see.
    /// - Throws: `.relatedNotFound` when there is none, or it is another tenant's.
    func require(
        _ text: String, of tenant: Identifier?, in scope: TenantScope
    ) async throws -> Row {
        guard let row = try await named(text, in: scope),
            tenant == nil || row.tenant == nil || row.tenant == tenant
        else {
            throw RepositoryError.relatedNotFound(
                detail: "Key (invoice_id)=(\(text)) is not present in table \"invoice\".")
        }
        return row
    }

    /// The statements that store a draft for a subscription: the invoice, then its lines.
    func insertStatements(
        _ draft: DraftInvoice, id: Identifier, subscription: Identifier, tenant: Identifier, plan: Identifier,
        period: BillingPeriod, in scope: TenantScope
    ) throws(RepositoryError) -> [BoundStatement] {
        var invoice = FieldValues(Invoice.entity)
        invoice.identifier = id
        invoice["invoiceStatus"] = .text(Invoice.draftStatus)
        invoice["subscriptionId"] = .identifier(subscription)
        invoice["tenantId"] = .identifier(tenant)
        invoice["currencyCode"] = .text(draft.currency.code)
        invoice["subtotal"] = .int64(draft.subtotal.minorUnits)
        invoice["total"] = .int64(draft.total.minorUnits)
        invoice["periodStart"] = .text(period.start.description)
        invoice["periodEnd"] = .text(period.end.description)
        var statements = [try invoices.insertStatement(invoice, in: scope)]
        for (index, line) in draft.lines.enumerated() {
            var item = FieldValues(InvoiceItem.entity)
            item["invoiceId"] = .identifier(id)
            item["position"] = .int16(Int16(clamping: index + 1))
            item["description"] = .text(line.description)
            item["planId"] = .identifier(plan)
            item["quantity"] = .int64(line.quantity)
            item["unitAmount"] = .int64(line.unitPrice.minorUnits)
            item["amount"] = .int64(line.amount.minorUnits)
            item["periodStart"] = .text(line.period.start.description)
            item["periodEnd"] = .text(line.period.end.description)
            statements.append(try items.insertStatement(item, in: scope))
        }
        return statements
    }
}
