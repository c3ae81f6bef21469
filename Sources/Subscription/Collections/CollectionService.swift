import Entities
import PostgresClient
import Primitives

/// What operators do with the collection of invoices, and what tenants see of it.
struct CollectionService: Sendable {
    let repository: CollectionRepository
    let collections: EntityRepository
    let invoices: InvoiceRepository
    let subscriptions: SubscriptionBillingRepository
    let methods: CollectionMethods
    let store: CollectionStore

    private var pool: PostgresPool { repository.pool }

    /// The invoice that a text names.
    /// - Throws: ``CollectionError/notFound``.
    func invoice(_ text: String, in scope: TenantScope) async throws -> InvoiceRepository.Row {
        guard let row = try await invoices.named(text, in: scope) else { throw CollectionError.notFound }
        return row
    }

    /// How far collecting an invoice is.
    /// - Throws: ``CollectionError/notFound``, also if nobody collects it.
    func collection(of text: String, in scope: TenantScope) async throws -> Record {
        try await read(try await invoice(text, in: scope).id, in: scope)
    }

    /// The collection of an invoice by our id of it.
    func read(_ invoice: Identifier, in scope: TenantScope) async throws -> Record {
        do {
            return try await collections.findByID(invoice, in: scope)
        } catch RepositoryError.notFound {
            throw CollectionError.notFound
        }
    }

    /// Makes a payment due now, beside the schedule.
    func collectNow(_ text: String, in context: WriteContext) async throws -> Identifier {
        try await command("collect", text, in: context) { row in
            guard !row.isPaused else { throw CollectionError.paused }
            guard row.isOpen else { throw CollectionError.closed }
            guard row.pending == nil else { throw CollectionError.underWay }
            return CollectionRepository.hurry(row.invoice)
        }
    }

    /// Lets a collection rest, or go on. What it is already stays as it is.
    func pause(_ text: String, _ isPaused: Bool, in context: WriteContext) async throws -> Identifier {
        try await command(isPaused ? "pause_collection" : "resume_collection", text, in: context) { row in
            guard row.isOpen else { throw CollectionError.closed }
            guard row.isPaused != isPaused else { return nil }
            return CollectionRepository.pause(row.invoice, isPaused, at: context.now)
        }
    }

    private func command(
        _ name: String, _ text: String, in context: WriteContext,
        _ statement: (CollectionRepository.Row) throws -> BoundStatement?
    ) async throws -> Identifier {
        let invoice = try await invoice(text, in: context.scope)
        guard let unlocked = try await repository.read(invoice.id, in: context.scope) else {
            throw CollectionError.notFound
        }
        try await context.withTransaction(on: pool, resource: invoice.id) { transaction in
            var locks = PostgresBatch()
            locks.add(contentsOf: CollectionRepository.locks(of: unlocked))
            _ = try await transaction.run(locks)
            guard let row = try await repository.read(invoice.id, transaction) else { throw CollectionError.notFound }
            guard let statement = try statement(row) else { return }
            var batch = PostgresBatch()
            batch.add(AuditedCommand.statement(name, Invoice.entity.name, id: invoice.id, tenant: row.tenant))
            batch.add(statement)
            _ = try await transaction.run(batch)
        }
        store.announce()
        return invoice.id
    }

    /// Says how invoices of a subscription are collected from now on.
    /// - Parameter requested: Nil: by nobody.
    /// - Throws: ``CollectionError``.
    func change(
        _ subscription: Identifier, to requested: CollectionMethod?, in context: WriteContext
    ) async throws {
        try await context.withTransaction(on: pool, resource: subscription) { transaction in
            guard let stored = try await subscriptions.read(subscription, transaction, isLocked: true) else {
                throw CollectionError.subscriptionNotFound
            }
            guard requested != .automatic || methods.hasCharges else { throw CollectionError.noCharges }
            var batch = PostgresBatch()
            batch.add(
                AuditedCommand.statement(
                    "change_collection", TenantSubscription.entity.name, id: subscription, tenant: stored.billing.tenant
                ))
            batch.add(SubscriptionBillingRepository.collecting(subscription, by: requested))
            _ = try await transaction.run(batch)
        }
    }
}
