import Entities
import JSONCoding

/// Cards, which come as tokens.
extension StripeBilling {
    func createPaymentSource(
        _ new: NewPaymentSource, for customer: CustomerReference, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<PaymentSource> {
        let token = try new.token(of: "Stripe")
        let missing = BillingProviderError.invalid([
            ValidationDetail(
                path: "/options/token", code: "token", message: "must be a token or payment method of Stripe")
        ])
        let name = try StripeClient.segment(token, else: missing)
        do {
            var method = name
            if !name.hasPrefix("pm_") {
                var form = ProviderForm()
                form.add("type", "card")
                form.add("card[token]", name)
                let made = try await understood(missing: missing) {
                    try await client.post("payment_methods", form, key: "\(idempotencyKey):method")
                }
                method = try Self.id(of: made)
            }
            var form = ProviderForm()
            form.add("customer", customer.id)
            let attached = try await understood(missing: missing) {
                try await client.post("payment_methods/\(method)/attach", form, key: "\(idempotencyKey):attach")
            }
            return ProviderEffect(external: try Self.source(attached, of: customer.id))
        } catch is ProviderDecline {
            throw BillingProviderError.cardDeclined
        }
    }

    func paymentSource(_ id: String, in scope: TenantScope) async throws -> PaymentSource {
        let name = try StripeClient.segment(id, else: .unknownPaymentSource)
        let found = try await understood(missing: .unknownPaymentSource) {
            try await client.get("payment_methods/\(name)")
        }
        guard let customer = found["customer"]?.stringValue else { throw BillingProviderError.unknownPaymentSource }
        return try Self.source(found, of: customer)
    }

    func deletePaymentSource(
        _ source: PaymentSource, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<Void> {
        let id = try StripeClient.segment(source.id, else: .unknownPaymentSource)
        _ = try await understood(missing: .unknownPaymentSource) {
            try await client.post("payment_methods/\(id)/detach", key: idempotencyKey)
        }
        return ProviderEffect(external: ())
    }

    private static func source(_ method: JSONValue, of customer: String) throws -> PaymentSource {
        let card = method["card"]
        var summary: CardSummary?
        if let digits = card?["last4"]?.stringValue, let year = card?["exp_year"]?.intValue,
            let month = card?["exp_month"]?.intValue
        {
            summary = CardSummary(
                gatewayAccountID: nil, lastFour: String(digits.suffix(4)), expiry: CardExpiry(year: year, month: month))
        }
        return PaymentSource(row: nil, id: try id(of: method), customer: customer, card: summary)
    }
}
