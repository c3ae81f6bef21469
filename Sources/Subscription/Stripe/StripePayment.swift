import JSONCoding

/// A payment or a card that was declined.
struct StripeDecline: Error, Sendable, Hashable {
    let code: String?
    let payment: String?

    /// The code is for programs; texts of Stripe stay there.
    var result: PaymentResult {
        PaymentResult(
            status: .failure, invoiceStatus: .notPaid, idAtGateway: payment, errorCode: code ?? "card_declined",
            errorText: "The payment was declined.")
    }
}

/// What a payment of Stripe's has come to.
enum StripePayment {
    static func result(_ payment: JSONValue) -> PaymentResult {
        let id = payment["id"]?.stringValue.map { String($0.prefix(100)) }
        let error = payment["last_payment_error"]
        let code = error?["decline_code"]?.stringValue ?? error?["code"]?.stringValue
        switch payment["status"]?.stringValue {
        case "succeeded": return PaymentResult(status: .success, invoiceStatus: .paid, idAtGateway: id)
        case "requires_action": return StripeDecline(code: "authentication_required", payment: id).result
        case "requires_payment_method", "canceled", "requires_confirmation":
            return StripeDecline(code: code, payment: id).result
        default: return PaymentResult(status: .pending, invoiceStatus: .pending, idAtGateway: id)
        }
    }
}
