import Billing
import Entities
import JSONCoding
import Primitives
import Synchronization

@testable import Subscription

/// An external provider: it stores nothing in our database and follows a script.
final class OutsideBilling: BillingProvider {
    struct State {
        var keys: [String] = []
        var charged: Set<String> = []
        var failure: BillingProviderError?
        var source = "pm_1"
        /// Happens while a payment source is being deleted, and after a payment was made.
        var meanwhile: (@Sendable () async throws -> Void)?
        var result = PaymentResult(status: .success, invoiceStatus: .paid, idAtGateway: "ch_1")
    }

    let state = Mutex(State())

    private func answer<Value>(_ key: String, _ value: Value) throws -> ProviderEffect<Value> {
        try state.withLock { state in
            state.keys.append(key)
            if let failure = state.failure { throw failure }
        }
        return ProviderEffect(external: value)
    }

    func createCustomer(
        _ details: CustomerDetails, for account: BillingAccount, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<String> { try answer(idempotencyKey, "cus_outside") }

    func customer(_ customer: CustomerReference, in scope: TenantScope) async throws -> CustomerDetails {
        CustomerDetails(members: ["company": "Outside"])
    }

    func updateCustomer(
        _ customer: CustomerReference, _ changes: CustomerDetails, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<Void> { try answer(idempotencyKey, ()) }

    func deleteCustomer(
        _ customer: CustomerReference, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<Void> { try answer(idempotencyKey, ()) }

    func createInvoice(
        _ invoice: DraftInvoice, _ details: InvoiceDetails, for customer: CustomerReference?, idempotencyKey: String,
        in scope: TenantScope
    ) async throws -> ProviderEffect<IssuedInvoice> {
        guard customer?.id == "cus_outside" else { throw BillingProviderError.unknownCustomer }
        return try answer(idempotencyKey, IssuedInvoice(id: "in_outside", status: .open))
    }

    func invoice(_ invoice: InvoiceReference, in scope: TenantScope) async throws -> BillingInvoice {
        throw BillingProviderError.unknownInvoice
    }

    func updateInvoice(
        _ invoice: InvoiceReference, _ changes: InvoiceDetails, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<Void> { try answer(idempotencyKey, ()) }

    func deleteInvoice(
        _ invoice: InvoiceReference, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<Void> { try answer(idempotencyKey, ()) }

    func pay(
        _ invoice: InvoiceReference, _ order: PaymentOrder, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<PaymentResult> {
        let result = state.withLock { state in
            state.charged.insert(idempotencyKey)
            return state.result
        }
        try await state.withLock { $0.meanwhile }?()
        return try answer(idempotencyKey, result)
    }

    let collectsAutomatically = true

    func charge(
        _ order: ChargeOrder, idempotencyKey: String, in scope: TenantScope
    ) async throws -> PaymentResult {
        try state.withLock { state in
            state.charged.insert(idempotencyKey)
            if let failure = state.failure { throw failure }
            return state.result
        }
    }

    func refund(_ order: RefundOrder, idempotencyKey: String, in scope: TenantScope) async throws -> RefundResult {
        .refunded("re_1")
    }

    func outcome(
        of order: ChargeOrder, idempotencyKey: String, in scope: TenantScope
    ) async throws -> PaymentResult? {
        try state.withLock { state in
            if let failure = state.failure { throw failure }
            return state.charged.contains(idempotencyKey) ? state.result : nil
        }
    }

    func createPaymentSource(
        _ new: NewPaymentSource, for customer: CustomerReference, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<PaymentSource> {
        let id = state.withLock { $0.source }
        return try answer(idempotencyKey, PaymentSource(row: nil, id: id, customer: customer.id, card: nil))
    }

    func paymentSource(_ id: String, in scope: TenantScope) async throws -> PaymentSource {
        PaymentSource(row: nil, id: id, customer: "cus_outside", card: nil)
    }

    func deletePaymentSource(
        _ source: PaymentSource, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<Void> {
        try await state.withLock { $0.meanwhile }?()
        return try answer(idempotencyKey, ())
    }
}
