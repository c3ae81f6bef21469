import Billing
import Entities
import JSONCoding
import PostgresClient
import Primitives

/// The statements that store what a day makes of a subscription that the engine bills.
struct SubscriptionSettlement {
    let subscriptions: EntityRepository
    let repository: SubscriptionBillingRepository
    let issuer: InvoiceIssuer
    let context: WriteContext
    /// What was said about the credit notes that are issued now, which then are one.
    var noteTerms: InvoiceIssuer.NoteTerms?

    /// The statements with what the caller needs of their results.
    struct Statements {
        var batch = PostgresBatch()
        /// The index of the result that has the row of the subscription.
        var row = 0
        /// The ids of the invoices.
        var invoices: [Identifier] = []
    }

    /// The invoices hold their series from the moment they are numbered; so what waits for other locks comes before.
    /// - Parameter new: The row of a subscription that is made by these statements.
    func statements(
        _ billed: BilledSubscription, _ standing: SubscriptionStanding, inserting new: FieldValues? = nil
    ) throws -> Statements {
        let billing = billed.billing
        var statements = Statements()
        var issued: [InvoiceIssuer.Issued] = []
        for invoice in standing.invoices {
            let day = invoice.invoice.issuedOn ?? billed.today
            let order = InvoiceIssuer.Order(
                subscription: billing.subscription, tenant: billing.tenant, ordinal: invoice.ordinal,
                plan: standing.plan(on: day), collectionMethod: billing.collectionMethod,
                isDraft: standing.status == .pending)
            issued.append(try issuer.issue(invoice.invoice, order, in: context))
        }
        if let revenue = try SubscriptionRevenue(standing, on: billed.today) {
            statements.batch.add(revenue.statement(of: billing))
        }
        for invoice in issued { statements.batch.add(contentsOf: invoice.statements) }
        statements.invoices = issued.map(\.id)
        statements.row = statements.batch.add(
            try row(billed, standing, inserting: new, firstInvoice: issued.first?.id))
        statements.batch.add(contentsOf: issued.compactMap(\.numbering))
        try add(billed, standing, to: &statements.batch)
        let notes = noteTerms == nil ? standing.notes.map { [$0] } : [standing.notes].filter { !$0.isEmpty }
        for parts in notes {
            let order = InvoiceIssuer.Order(
                subscription: billing.subscription, tenant: billing.tenant, ordinal: parts[0].ordinal)
            statements.batch.add(
                contentsOf: try issuer.issue(parts.map(\.note), order, terms: noteTerms, in: context).statements)
        }
        return statements
    }

    /// The row of its billing, and those of what happens to it.
    private func add(
        _ billed: BilledSubscription, _ standing: SubscriptionStanding, to batch: inout PostgresBatch
    ) throws {
        var billing = billed.billing
        billing.issued = standing.invoices.last?.ordinal ?? billing.issued
        batch.add(
            billed.isStored
                ? repository.progress(of: billing, nextDue: standing.nextDue, on: billed.today)
                : repository.insertion(of: billing, nextDue: standing.nextDue, on: billed.today))
        if !billing.addedUsage.isEmpty {
            batch.add(SubscriptionUsageRepository.insertion(of: billing.addedUsage, to: billing))
        }
        let changed = Dictionary(standing.changed.map { ($0.id, $0) }) { first, _ in first }
        for entry in billing.entries {
            if entry.position >= billed.nextPosition {
                batch.add(
                    try repository.insertion(of: changed[entry.id] ?? entry, to: billing, in: context.scope))
            } else if let changed = changed[entry.id] {
                batch.add(try repository.update(of: changed, in: context.scope))
            }
        }
    }

    private func row(
        _ billed: BilledSubscription, _ standing: SubscriptionStanding, inserting new: FieldValues?,
        firstInvoice: Identifier?
    ) throws -> BoundStatement {
        var values = new ?? FieldValues(TenantSubscription.entity)
        values[TenantSubscription.status] = standing.status
        values[TenantSubscription.endDate] = standing.endDate.description
        values[TenantSubscription.renews] = standing.renews
        values[TenantSubscription.planID] = standing.plan
        if !billed.rows.hasInvoice, let firstInvoice { values[TenantSubscription.invoiceID] = firstInvoice }
        return new == nil
            ? try subscriptions.updateStatement(billed.billing.subscription, values, in: context.scope)
            : try subscriptions.insertStatement(values, in: context.scope)
    }
}
