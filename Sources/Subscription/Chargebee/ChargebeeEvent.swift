import JSONCoding

extension ProviderEvent {
    /// An event of Chargebee's. Of an invoice that a payment was made by, the order number is the key of the payment.
    init(chargebee event: JSONObject) {
        let invoice = event["content"]?["invoice"]
        let payment = ProviderEvent(paymentKey: invoice?["po_number"]?.stringValue)
        guard let invoice, payment == .other else {
            self = payment
            return
        }
        let status = ChargebeePayment.status(of: invoice)
        let isFinal = [.paid, .voided, .uncollectible].contains(status)
        self.init(invoice: invoice["id"]?.stringValue, isFinal ? status : nil)
    }
}
