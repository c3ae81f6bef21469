import JSONCoding

/// What a payment of Stripe's has come to.
enum StripePayment {
    static func result(_ payment: JSONValue) -> PaymentResult {
        let id = payment["id"]?.stringValue.map { String($0.prefix(100)) }
        let error = payment["last_payment_error"]
        let code = error?["decline_code"]?.stringValue ?? error?["code"]?.stringValue
        switch payment["status"]?.stringValue {
        case "succeeded": return PaymentResult(status: .success, invoiceStatus: .paid, idAtGateway: id)
        case "requires_action": return ProviderDecline(code: "authentication_required", payment: id).result
        case "requires_payment_method", "canceled", "requires_confirmation":
            return ProviderDecline(code: code, payment: id).result
        default: return PaymentResult(status: .pending, invoiceStatus: .pending, idAtGateway: id)
        }
    }
}
