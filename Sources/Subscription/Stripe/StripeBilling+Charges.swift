import Billing
import Entities
import JSONCoding
import Primitives

/// Payments of invoices that are kept here, and refunds of them.
extension StripeBilling {
    func charge(
        _ order: ChargeOrder, idempotencyKey: String, in scope: TenantScope
    ) async throws -> PaymentResult {
        guard let units = StripeAmount.units(order.amount) else {
            throw BillingProviderError.uncountableAmount
        }
        var form = ProviderForm()
        form.add("amount", String(units))
        form.add("currency", order.amount.currency.code.lowercased())
        form.add("customer", order.customer)
        form.add("payment_method", order.source)
        form.add("confirm", "true")
        form.add("off_session", "true")
        form.add("metadata[key]", idempotencyKey)
        form.add("metadata[invoiceId]", order.invoice.description)
        form.add("metadata[number]", order.number)
        do {
            let payment = try await understood(missing: .unknownPaymentSource) {
                try await client.post("payment_intents", form, key: idempotencyKey)
            }
            return StripePayment.result(payment)
        } catch let decline as ProviderDecline {
            return decline.result
        }
    }

    func outcome(
        of order: ChargeOrder, idempotencyKey: String, in scope: TenantScope
    ) async throws -> PaymentResult? {
        do {
            let customer = try StripeClient.segment(order.customer, else: .unknownCustomer)
            // It is among the customer's newest payments, so older pages need not be read.
            return try await payment(under: idempotencyKey, ("customer", customer), beyond: nil)
        } catch BillingProviderError.unknownCustomer {
            // The customer was deleted since the payment was begun. Stripe's clock may be behind ours.
            return try await payment(
                under: idempotencyKey, ("created[gte]", String(order.date.seconds - 3600)), beyond: .outcomeUnknown)
        }
    }

    /// Looks for the payment with a key among those that a filter selects, the newest first.
    /// - Parameter limit: Thrown if the payment is not on the first pages and there are more; nil if there is no such payment then.
    private func payment(
        under key: String, _ filter: (name: String, value: String), beyond limit: BillingProviderError?
    ) async throws -> PaymentResult? {
        var last: String?
        for _ in 0..<Self.maximumPages {
            var query = ProviderForm()
            query.add(filter.name, filter.value)
            query.add("limit", "100")
            query.add("starting_after", last)
            let page = try await understood(missing: .unknownCustomer) {
                try await client.get("payment_intents", query)
            }
            let payments = page["data"]?.arrayValue ?? []
            if let payment = payments.first(where: { $0["metadata"]?["key"]?.stringValue == key }) {
                return StripePayment.result(payment)
            }
            last = payments.last?["id"]?.stringValue
            guard page["has_more"]?.boolValue == true, last != nil else { return nil }
        }
        if let limit { throw limit }
        return nil
    }

    private static let maximumPages = 20

    func refund(_ order: RefundOrder, idempotencyKey: String, in scope: TenantScope) async throws -> RefundResult {
        guard let units = StripeAmount.units(order.amount) else { return .failed("currency") }
        let payment = try StripeClient.segment(order.payment, else: .refused("The payment is not one of Stripe's."))
        var query = ProviderForm()
        query.add("payment_intent", payment)
        query.add("limit", "100")
        let known = try await understood { try await client.get("refunds", query) }
        if let refund = known["data"]?.arrayValue?.first(where: {
            $0["metadata"]?["key"]?.stringValue == idempotencyKey
        }) {
            return try Self.result(refund)
        }
        var form = ProviderForm()
        form.add("payment_intent", payment)
        form.add("amount", String(units))
        form.add("metadata[key]", idempotencyKey)
        do {
            return try Self.result(
                try await understood { try await client.post("refunds", form, key: idempotencyKey) })
        } catch let decline as ProviderDecline {
            return .failed(decline.code ?? DeclineCode.refused)
        }
    }

    private static func result(_ refund: JSONValue) throws -> RefundResult {
        switch refund["status"]?.stringValue {
        case "failed", "canceled": .failed(refund["failure_reason"]?.stringValue ?? "failed")
        default: .refunded(try id(of: refund))
        }
    }
}
