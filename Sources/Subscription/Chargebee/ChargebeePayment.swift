import JSONCoding

/// What an invoice or a payment of Chargebee's has come to.
enum ChargebeePayment {
    /// The status of an invoice. One that is written off is called paid there.
    static func status(of invoice: JSONValue) -> Invoice.Status? {
        let status = invoice["status"]?.stringValue.map { Invoice.Status(rawValue: $0) }
        let isWrittenOff = (invoice["write_off_amount"]?.intValue ?? 0) > 0
        return status == .paid && isWrittenOff ? .uncollectible : status
    }

    /// What became of the payment that an invoice was made for; nil: it is not paid, and nothing is under way.
    static func result(of invoice: JSONValue) -> PaymentResult? {
        let payments = invoice["linked_payments"]?.arrayValue ?? []
        func last(_ status: String) -> String? {
            payments.last { $0["txn_status"]?.stringValue == status }?["txn_id"]?.stringValue
        }
        switch status(of: invoice) {
        case .paid: return PaymentResult(status: .success, invoiceStatus: .paid, idAtGateway: last("success"))
        case .voided, .void, .uncollectible: return ProviderDecline(code: nil, payment: last("failure")).result
        default:
            // The second one is not known to Chargebee either, until somebody there resolves it.
            for status in ["in_progress", "needs_attention"] {
                guard let id = last(status) else { continue }
                return PaymentResult(status: .pending, invoiceStatus: .pending, idAtGateway: id)
            }
            return nil
        }
    }

    /// What a payment of an invoice has come to.
    static func result(of transaction: JSONValue, _ invoice: JSONValue) -> PaymentResult {
        let id = transaction["id"]?.stringValue.map { String($0.prefix(100)) }
        switch transaction["status"]?.stringValue {
        case "success":
            let isPaid = status(of: invoice) == .paid
            return PaymentResult(
                status: isPaid ? .success : .pending, invoiceStatus: isPaid ? .paid : .pending, idAtGateway: id)
        case "failure", "voided", "timeout":
            return ProviderDecline(
                code: transaction["error_code"]?.stringValue.map { String($0.prefix(100)) }, payment: id
            ).result
        default: return PaymentResult(status: .pending, invoiceStatus: .pending, idAtGateway: id)
        }
    }
}
