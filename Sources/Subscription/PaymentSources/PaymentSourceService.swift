import Entities
import JSONCoding
import PostgresClient
import Primitives

/// The rules of payment sources: each is a customer's, and the last one made is the one used by default.
struct PaymentSourceService: Sendable {
    let customers: BillingCustomerRepository
    let provider: any BillingProvider
    /// What the tenant owes is tried at once with a new way to pay.
    var collections: CollectionStore?

    /// Keeps a way to pay for a customer.
    /// - Parameters:
    ///   - body: Has passed ``PaymentSourceSchemas/new``.
    ///   - key: The client's idempotency key, if it sent one.
    /// - Throws: ``PaymentSourceError/customerNotFound``; ``ValidationFailure`` for a card that cannot be one.
    func create(_ body: JSONObject, key: String?, in context: WriteContext) async throws -> PaymentSource {
        let scope = context.scope
        let now = context.now
        var card: Card?
        if let members = body["card"]?.objectValue { card = try Card(members, at: now) }
        guard let customer = try await customers.named(body["customerId"]?.stringValue ?? "", in: scope) else {
            throw PaymentSourceError.customerNotFound
        }
        let effect = try await provider.createPaymentSource(
            NewPaymentSource(card: card, options: body["options"]), for: customer.reference,
            idempotencyKey: "source:\(customer.id):\(key ?? Identifier.v7(at: now).description)", in: scope)
        var changes = FieldValues(BillingCustomer.entity)
        changes[BillingCustomer.paymentSourceID] = effect.value.id
        _ = try await effect.followed {
            try await customers.customers.updateByID(
                customer.id, changes, in: context, resource: effect.value.row ?? customer.id,
                alongside: effect.statements
                    + [CollectionRepository.hurryAll(of: customer.reference.account.tenant)])
        }
        collections?.announce()
        return effect.value
    }

    /// The way to pay that was made, given the resource under which `create` has marked its request: our id of the source,
    /// or of the customer where the provider keeps the source to itself.
    /// - Throws: ``PaymentSourceError/notFound`` when it is gone.
    func created(_ id: Identifier, in scope: TenantScope) async throws -> PaymentSource {
        // Only of a provider that keeps its sources to itself it is the customer, whose last source it was.
        if let customer = try await customers.row(id, in: scope) {
            guard let source = customer.paymentSourceID else { throw PaymentSourceError.notFound }
            return try await read(source, in: scope)
        }
        return try await read(id.description, in: scope)
    }

    /// A way to pay.
    /// - Throws: ``PaymentSourceError/notFound``, also for one of a customer that the caller does not see.
    func read(_ text: String, in scope: TenantScope) async throws -> PaymentSource {
        try await find(text, in: scope).source
    }

    /// Forgets a way to pay; if it was the customer's default, the customer has no default after that.
    /// - Throws: ``PaymentSourceError/notFound`` as above; `RepositoryError.versionMismatch`.
    func delete(
        _ text: String, in context: WriteContext, ifVersion condition: VersionCondition? = nil
    ) async throws {
        let scope = context.scope
        let (source, customer) = try await find(text, in: scope)
        // Sources do not change, so the version cannot be another one by the time of the statement.
        try condition?.require(source.version)
        let effect = try await provider.deletePaymentSource(
            source, idempotencyKey: "source-deletion:\(source.id)", in: scope)
        // One that is made meanwhile keeps its place: the database looks whose it is by then.
        _ = try await effect.followed {
            try await customers.customers.updateByID(
                customer.id, FieldValues(BillingCustomer.entity), in: context,
                alongside: effect.statements
                    + [BillingCustomerRepository.forgetting(source: source.id, of: customer.id)])
        }
    }

    private func find(
        _ text: String, in scope: TenantScope
    ) async throws -> (source: PaymentSource, customer: BillingCustomerRepository.Row) {
        let source = try await provider.paymentSource(text, in: scope)
        guard let customer = try await customers.named(source.customer, in: scope) else {
            throw PaymentSourceError.notFound
        }
        return (source, customer)
    }
}
