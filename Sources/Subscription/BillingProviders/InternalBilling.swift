import Billing
import Entities
import JSONCoding
import PostgresClient
import Primitives

/// The built-in provider: a ledger in our own database. It keeps what is owed and what was paid; it moves no money.
///
/// So an operator's word that a payment was received is what makes an invoice paid; what a tenant's own user says is an
/// announcement, and the invoice is `pending` until an operator or `POST /webhooks/billing-payment` confirms it.
/// Everything it stores is part of the caller's transaction, which makes idempotency keys its caller's business alone.
struct InternalBilling: BillingProvider {
    let customers: EntityRepository
    let sources: EntityRepository
    let invoices: InvoiceRepository
    let clock: any WallClock
    /// Whether the cards of ``TestCard`` are charged, for which no money moves.
    let hasTestCards: Bool

    init(pool: PostgresPool, invoices: InvoiceRepository, clock: any WallClock, hasTestCards: Bool = false) throws {
        let catalog = try EntityCatalog([LedgerCustomer.entity, LedgerPaymentSource.entity])
        customers = EntityRepository(pool: pool, entity: LedgerCustomer.entity, catalog: catalog, clock: clock)
        sources = EntityRepository(pool: pool, entity: LedgerPaymentSource.entity, catalog: catalog, clock: clock)
        self.invoices = invoices
        self.clock = clock
        self.hasTestCards = hasTestCards
    }

    /// An id such as `cus_6f1c…`, that nobody can guess.
    private static func newID(_ prefix: String) -> String { "\(prefix)_\(SecureRandom.hex(bytes: 12))" }

    // MARK: Customers

    func createCustomer(
        _ details: CustomerDetails, for account: BillingAccount, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<String> {
        ProviderEffect(Self.newID("cus"), storing: [try insertion(details, account, in: scope)])
    }

    func customer(_ customer: CustomerReference, in scope: TenantScope) async throws -> CustomerDetails {
        guard let row = try await row(of: customer.account, in: scope) else {
            // Made by another provider, before this one was in charge: nothing is known beyond the row.
            return CustomerDetails(members: [:])
        }
        let all = try row.members()
        let known = LedgerCustomer.members.compactMap { field in
            all[field.name].flatMap { $0.isNull ? nil : (field.name, $0) }
        }
        return CustomerDetails(members: JSONObject(known))
    }

    func updateCustomer(
        _ customer: CustomerReference, _ changes: CustomerDetails, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<Void> {
        guard try await row(of: customer.account, in: scope) != nil else {
            return ProviderEffect((), storing: [try insertion(changes, customer.account, in: scope)])
        }
        let values = try FieldValues(LedgerCustomer.entity, json: changes.members)
        return ProviderEffect(
            (), storing: [try customers.updateStatement(customer.account.row, values, in: scope)])
    }

    func deleteCustomer(
        _ customer: CustomerReference, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<Void> {
        ProviderEffect(
            (),
            storing: [
                try customers.deleteStatement(customer.account.row, in: scope),
                LedgerPaymentSource.deletion(ofCustomer: customer.id, in: scope),
            ])
    }

    private func row(of account: BillingAccount, in scope: TenantScope) async throws -> Record? {
        try await customers.find(Filter(where: .equals(Entity.id, account.row), limit: 1), in: scope).first
    }

    private func insertion(
        _ details: CustomerDetails, _ account: BillingAccount, in scope: TenantScope
    ) throws -> BoundStatement {
        var values = try FieldValues(LedgerCustomer.entity, json: details.members)
        values.identifier = account.row
        values[LedgerCustomer.tenantID] = account.tenant
        return try customers.insertStatement(values, in: scope)
    }

    // MARK: Invoices

    func createInvoice(
        _ invoice: DraftInvoice, _ details: InvoiceDetails, for customer: CustomerReference?, idempotencyKey: String,
        in scope: TenantScope
    ) async throws -> ProviderEffect<IssuedInvoice> {
        ProviderEffect(IssuedInvoice(id: Self.newID("in"), status: .paymentDue))
    }

    func invoice(_ invoice: InvoiceReference, in scope: TenantScope) async throws -> BillingInvoice {
        try await invoices.billed(invoice, in: scope)
    }

    /// The rows of the service are the ledger's: there is nothing more to change.
    func updateInvoice(
        _ invoice: InvoiceReference, _ changes: InvoiceDetails, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<Void> {
        ProviderEffect(())
    }

    /// The rows of the service are the ledger's: there is nothing more to delete.
    func deleteInvoice(
        _ invoice: InvoiceReference, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<Void> {
        ProviderEffect(())
    }

    func pay(
        _ invoice: InvoiceReference, _ order: PaymentOrder, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<PaymentResult> {
        if order.hasFailed {
            return ProviderEffect(PaymentResult(status: .failure, invoiceStatus: .notPaid))
        }
        if let card = order.source?.card, card.expiry.isOver(at: clock.now()) {
            return ProviderEffect(
                PaymentResult(
                    status: .failure, invoiceStatus: .notPaid, errorCode: "expired_card",
                    errorText: "The card has expired."))
        }
        guard scope.isOperator else {
            return ProviderEffect(PaymentResult(status: .pending, invoiceStatus: .pending))
        }
        return ProviderEffect(PaymentResult(status: .success, invoiceStatus: .paid))
    }

    // MARK: Charges

    var collectsAutomatically: Bool { hasTestCards }

    /// The result follows from the card and is stored by the caller: nothing happens outside, so there is nothing to read back.
    func charge(
        _ order: ChargeOrder, idempotencyKey: String, in scope: TenantScope
    ) async throws -> PaymentResult {
        guard hasTestCards else {
            return .failure(
                DeclineCode.refused,
                "The built-in provider moves no money: record the payment, or use another provider.")
        }
        guard let card = try await paymentSource(order.source, in: scope).card else {
            return .failure(DeclineCode.noSource, "The payment source is no card.")
        }
        if card.expiry.isOver(at: order.date) {
            return .failure("expired_card", "The card has expired.")
        }
        if let decline = TestCard.decline(card.lastFour) {
            return .failure(decline.code, decline.text)
        }
        return PaymentResult(status: .success, invoiceStatus: .paid, idAtGateway: Self.newID("ch"))
    }

    func outcome(
        of order: ChargeOrder, idempotencyKey: String, in scope: TenantScope
    ) async throws -> PaymentResult? { nil }

    /// No money has moved, so none moves back.
    func refund(_ order: RefundOrder, idempotencyKey: String, in scope: TenantScope) async throws -> RefundResult {
        .refunded(Self.newID("re"))
    }

    // MARK: Payment sources

    func createPaymentSource(
        _ new: NewPaymentSource, for customer: CustomerReference, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<PaymentSource> {
        guard let card = new.card?.summary else { throw BillingProviderError.invalid([.required("", "card")]) }
        let row = Identifier.v7(at: clock.now())
        let source = PaymentSource(row: row, id: Self.newID("src"), customer: customer.id, card: card)
        var values = FieldValues(LedgerPaymentSource.entity)
        values.identifier = row
        values[LedgerPaymentSource.sourceID] = source.id
        values[LedgerPaymentSource.customerID] = customer.id
        values[LedgerPaymentSource.tenantID] = customer.account.tenant
        values[LedgerPaymentSource.gatewayAccountID] = card.gatewayAccountID
        values[LedgerPaymentSource.last4] = card.lastFour
        values[LedgerPaymentSource.expiryMonth] = card.expiry.month
        values[LedgerPaymentSource.expiryYear] = card.expiry.year
        return ProviderEffect(source, storing: [try sources.insertStatement(values, in: scope)])
    }

    func paymentSource(_ id: String, in scope: TenantScope) async throws -> PaymentSource {
        guard
            let row = try await sources.find(.naming(id, in: [LedgerPaymentSource.sourceID]), in: scope).first
        else { throw BillingProviderError.unknownPaymentSource }
        return PaymentSource(
            row: try row.id, id: try row[LedgerPaymentSource.sourceID],
            customer: try row[LedgerPaymentSource.customerID],
            card: CardSummary(
                gatewayAccountID: try row[ifPresent: LedgerPaymentSource.gatewayAccountID],
                lastFour: try row[LedgerPaymentSource.last4],
                expiry: CardExpiry(
                    year: try row[LedgerPaymentSource.expiryYear], month: try row[LedgerPaymentSource.expiryMonth])),
            version: try row.version)
    }

    func deletePaymentSource(
        _ source: PaymentSource, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<Void> {
        guard let row = source.row else { throw BillingProviderError.unknownPaymentSource }
        return ProviderEffect((), storing: [try sources.deleteStatement(row, in: scope, isGuarded: true)])
    }
}
