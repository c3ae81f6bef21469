import Entities
import JSONCoding

/// Cards, which come as tokens.
extension ChargebeeBilling {
    func createPaymentSource(
        _ new: NewPaymentSource, for customer: CustomerReference, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<PaymentSource> {
        let token = try new.token(of: "Chargebee")
        let wrong = BillingProviderError.invalid([
            ValidationDetail(
                path: "/options/token", code: "token", message: "must be a token of Chargebee that was not used before")
        ])
        guard (1...255).contains(token.utf8.count) else { throw wrong }
        var form = ProviderForm()
        form.add("customer_id", customer.id)
        form.add("token_id", token)
        // As here, the last one made is the one used by default.
        form.add("replace_primary_payment_source", "true")
        do {
            let answer = try await client.post("payment_sources/create_using_token", form, key: idempotencyKey)
            return ProviderEffect(external: try Self.source(try Self.object("payment_source", answer)))
        } catch let refusal as ChargebeeClient.Refusal {
            if refusal.isDecline { throw BillingProviderError.cardDeclined }
            if refusal.parameter == "token_id" { throw wrong }
            if refusal.isMissing {
                throw refusal.parameter == "customer_id" ? BillingProviderError.unknownCustomer : wrong
            }
            throw BillingProviderError.notAccepted
        }
    }

    func paymentSource(_ id: String, in scope: TenantScope) async throws -> PaymentSource {
        let name = try ChargebeeClient.segment(id, else: .unknownPaymentSource)
        let answer = try await understood(missing: .unknownPaymentSource) {
            try await client.get("payment_sources/\(name)")
        }
        let found = try Self.object("payment_source", answer)
        guard found["deleted"]?.boolValue != true else { throw BillingProviderError.unknownPaymentSource }
        return try Self.source(found)
    }

    func deletePaymentSource(
        _ source: PaymentSource, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<Void> {
        let id = try ChargebeeClient.segment(source.id, else: .unknownPaymentSource)
        _ = try await understood(missing: .unknownPaymentSource) {
            try await client.post("payment_sources/\(id)/delete", key: idempotencyKey)
        }
        return ProviderEffect(external: ())
    }

    private static func source(_ object: JSONValue) throws(BillingProviderError) -> PaymentSource {
        guard let customer = object["customer_id"]?.stringValue else { throw .outcomeUnknown }
        let card = object["card"]
        var summary: CardSummary?
        if let digits = card?["last4"]?.stringValue, let year = card?["expiry_year"]?.intValue,
            let month = card?["expiry_month"]?.intValue
        {
            summary = CardSummary(
                gatewayAccountID: object["gateway_account_id"]?.stringValue, lastFour: String(digits.suffix(4)),
                expiry: CardExpiry(year: year, month: month))
        }
        return PaymentSource(row: nil, id: try id(of: object), customer: customer, card: summary)
    }
}
