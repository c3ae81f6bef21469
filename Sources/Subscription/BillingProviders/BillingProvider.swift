import Billing
import Entities
import JSONCoding
import PostgresClient
import Primitives

/// Who keeps customers, collects money and decides the status of invoices: the built-in ledger, or another company.
///
/// A further provider is one type that conforms, and a case of ``BillingProviderChoice``. The service keeps its own rows
/// of customers, invoices with their charges, and payments, whatever the provider is; the provider keeps the rest.
///
/// - Every change has an idempotency key, 1 to 255 characters: the same key with the same arguments has one effect, so a
///   caller that got no answer may ask again.
/// - What a provider has to store in our database it returns as statements (``ProviderEffect``); the service runs them in
///   the transaction of its own rows. External providers return none.
/// - The scope is for providers that read our database; the service has checked that the rows are the caller's.
/// - Everything throws ``BillingProviderError``; errors of our own database are passed on unchanged.
protocol BillingProvider: Sendable {
    /// Registers a customer.
    /// - Parameter account: Whom it is for.
    /// - Returns: The provider's id of it, at most 255 characters.
    func createCustomer(
        _ details: CustomerDetails, for account: BillingAccount, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<String>

    /// What is known of a customer.
    func customer(_ customer: CustomerReference, in scope: TenantScope) async throws -> CustomerDetails

    /// Changes the given members of a customer.
    func updateCustomer(
        _ customer: CustomerReference, _ changes: CustomerDetails, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<Void>

    /// Removes a customer with its payment sources.
    func deleteCustomer(
        _ customer: CustomerReference, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<Void>

    /// Issues an invoice: from here on it can be paid.
    /// - Parameter customer: Who pays; nil for the draft of a tenant that is no customer yet.
    func createInvoice(
        _ invoice: DraftInvoice, _ details: InvoiceDetails, for customer: CustomerReference?, idempotencyKey: String,
        in scope: TenantScope
    ) async throws -> ProviderEffect<IssuedInvoice>

    /// An invoice as the provider has it.
    func invoice(_ invoice: InvoiceReference, in scope: TenantScope) async throws -> BillingInvoice

    /// Changes what is not money: options and shipping address.
    func updateInvoice(
        _ invoice: InvoiceReference, _ changes: InvoiceDetails, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<Void>

    /// Takes an invoice back.
    func deleteInvoice(
        _ invoice: InvoiceReference, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<Void>

    /// Collects the amount of an invoice, or takes note that it was received. A payment that fails is a result, not an
    /// error.
    func pay(
        _ invoice: InvoiceReference, _ order: PaymentOrder, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<PaymentResult>

    /// Whether it collects money by itself (``charge(_:idempotencyKey:in:)``).
    var collectsAutomatically: Bool { get }

    /// Collects an amount by a way to pay, while the payer is not there. A charge that fails is a result, not an error; one that the
    /// provider is still working on is pending.
    func charge(
        _ order: ChargeOrder, idempotencyKey: String, in scope: TenantScope
    ) async throws -> PaymentResult

    /// What became of a charge, for a caller that got no answer.
    /// - Returns: Nil if the provider knows of no charge under this key.
    func outcome(
        of order: ChargeOrder, idempotencyKey: String, in scope: TenantScope
    ) async throws -> PaymentResult?

    /// Pays a part of a payment back, once under a key, also if it was asked for a long time ago. A refund that the provider refuses is a
    /// result, not an error.
    func refund(_ order: RefundOrder, idempotencyKey: String, in scope: TenantScope) async throws -> RefundResult

    /// Keeps a way to pay.
    func createPaymentSource(
        _ new: NewPaymentSource, for customer: CustomerReference, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<PaymentSource>

    /// A way to pay by the provider's id, or by ours where the provider keeps it with us.
    func paymentSource(_ id: String, in scope: TenantScope) async throws -> PaymentSource

    /// Closes its connections.
    func shutdown() async

    /// Forgets a way to pay.
    func deletePaymentSource(
        _ source: PaymentSource, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<Void>
}

extension BillingProvider {
    /// It has none.
    func shutdown() async {}
}

/// Which provider is in charge: `BILLING_PROVIDER`.
enum BillingProviderChoice: String, Sendable, CaseIterable {
    /// The built-in ledger.
    case `internal`
    /// Stripe.
    case stripe
    /// Chargebee.
    case chargebee
    /// None: operations that need one answer 422 `ProviderNotFound` (docs/contract/arc-api.md 6.8).
    case none
}
