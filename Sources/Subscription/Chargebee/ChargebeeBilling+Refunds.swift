import Billing
import Entities
import JSONCoding

/// Refunds of payments, each by a credit note at Chargebee.
extension ChargebeeBilling {
    /// A refund of this amount was made there, and it cannot be told whether it is this one: somebody has to look.
    static let unclear = "refund_unclear"
    private static let mark = "refund:"

    func refund(_ order: RefundOrder, idempotencyKey: String, in scope: TenantScope) async throws -> RefundResult {
        guard let units = ChargebeeAmount.units(order.amount) else { return .failed("currency") }
        let foreign = BillingProviderError.refused("The payment is not one of Chargebee's.")
        let payment = try ChargebeeClient.segment(order.payment, else: foreign)
        let answer = try await understood(missing: foreign) { try await client.get("transactions/\(payment)") }
        guard let invoice = answer["transaction"]?["linked_invoices"]?[0]?["invoice_id"]?.stringValue else {
            throw foreign
        }
        if let known = try await known(idempotencyKey, of: invoice, units) { return known }
        var form = ProviderForm()
        form.add("refund_amount", String(units))
        form.add("customer_notes", Self.note(idempotencyKey))
        form.add("comment", Self.note(idempotencyKey))
        form.add("credit_note[reason_code]", "other")
        let name = try ChargebeeClient.segment(invoice, else: foreign)
        do {
            let answer = try await understood {
                try await client.post("invoices/\(name)/refund", form, key: idempotencyKey)
            }
            return Self.result(
                try Self.id(of: try Self.object("transaction", answer)), answer["transaction"]?["status"],
                answer["transaction"]?["error_code"])
        } catch let decline as ProviderDecline {
            return .failed(decline.code ?? DeclineCode.refused)
        }
    }

    private static func note(_ key: String) -> String { "Reference \(key)" }

    /// What became of a refund that was asked for before.
    private func known(_ key: String, of invoice: String, _ units: Int64) async throws -> RefundResult? {
        var query = ProviderForm()
        query.add("reference_invoice_id[is]", invoice)
        func notes(_ object: JSONValue) -> [String] { (object["notes"]?.arrayValue ?? []).compactMap(\.stringValue) }
        let listing = try await client.list("credit_notes", of: "credit_note", query) { object in
            notes(object).contains { $0.contains(Self.note(key)) }
        }
        guard !listing.isCut else { throw BillingProviderError.outcomeUnknown }
        guard let found = listing.found else {
            let isUnclear = listing.before.contains { object in
                object["type"]?.stringValue == "refundable" && object["status"]?.stringValue != "voided"
                    && object["total"]?.numberValue?.int64 == units
                    && !notes(object).contains { $0.contains(Self.mark) }
            }
            return isUnclear ? .failed(Self.unclear) : nil
        }
        guard let refund = found["linked_refunds"]?.arrayValue?.last, let id = refund["txn_id"]?.stringValue else {
            return .failed(Self.unclear)
        }
        return Self.result(id, refund["txn_status"], nil)
    }

    private static func result(_ id: String, _ status: JSONValue?, _ error: JSONValue?) -> RefundResult {
        switch status?.stringValue {
        case "failure", "voided", "timeout": .failed(error?.stringValue.map { String($0.prefix(100)) } ?? "failed")
        default: .refunded(id)
        }
    }
}
