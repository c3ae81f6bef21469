import Billing
import Entities
import JSONCoding
import Primitives

/// Payments of invoices that are kept here. Chargebee pays nothing but invoices of its own, so each payment is one with a single charge,
/// which is made only if the payment succeeds.
extension ChargebeeBilling {
    static let creation = "invoices/create_for_charge_items_and_charges"

    func charge(
        _ order: ChargeOrder, idempotencyKey: String, in scope: TenantScope
    ) async throws -> PaymentResult {
        guard let units = ChargebeeAmount.units(order.amount) else {
            throw BillingProviderError.uncountableAmount
        }
        var form = ProviderForm()
        form.add("customer_id", order.customer)
        form.add("currency_code", order.amount.currency.code)
        form.add("payment_source_id", order.source)
        form.add("auto_collection", "on")
        form.add("payment_initiator", "merchant")
        form.add("po_number", idempotencyKey)
        Self.add(units, "Invoice \(order.number ?? order.invoice.description)", 0, to: &form)
        do {
            let answer = try await understood(missing: .unknownPaymentSource) {
                try await client.post(Self.creation, form, key: idempotencyKey)
            }
            return try await settled(try Self.object("invoice", answer), idempotencyKey)
        } catch let decline as ProviderDecline {
            guard let invoice = try await invoice(named: idempotencyKey, of: order) else {
                return decline.result
            }
            return try await settled(invoice, idempotencyKey, decline)
        }
    }

    func outcome(
        of order: ChargeOrder, idempotencyKey: String, in scope: TenantScope
    ) async throws -> PaymentResult? {
        guard let invoice = try await invoice(named: idempotencyKey, of: order) else { return nil }
        return try await settled(invoice, idempotencyKey)
    }

    /// The invoice that was made under a key for a customer. It is made when its payment begins, so it is among the customer's newest
    /// invoices, and older pages need not be read.
    func invoice(named key: String, of customer: String) async throws -> JSONValue? {
        try await listing(until: key, ("customer_id[is]", customer)).found
    }

    private func invoice(named key: String, of order: ChargeOrder) async throws -> JSONValue? {
        guard order.customer.isEmpty else { return try await invoice(named: key, of: order.customer) }
        // The customer was deleted here since the payment was begun. Chargebee's clock may be behind ours.
        let invoices = try await listing(until: key, ("date[after]", String(order.date.seconds - 3600)))
        guard !invoices.isCut else { throw BillingProviderError.outcomeUnknown }
        return invoices.found
    }

    /// The invoices that a filter selects, the newest first, up to the one that was made under a key.
    private func listing(
        until key: String, _ filter: (name: String, value: String)
    ) async throws -> ChargebeeClient.Listing {
        var query = ProviderForm()
        query.add(filter.name, filter.value)
        query.add("sort_by[desc]", "date")
        return try await client.list("invoices", of: "invoice", query) {
            $0["po_number"]?.stringValue == key
        }
    }

    /// What a payment has come to. An invoice that was made and is not paid is voided: otherwise Chargebee would collect it later, too.
    private func settled(
        _ invoice: JSONValue, _ key: String, _ decline: ProviderDecline = ProviderDecline(code: nil)
    ) async throws -> PaymentResult {
        if let result = ChargebeePayment.result(of: invoice) { return result }
        let id = try ChargebeeClient.segment(try Self.id(of: invoice), else: .outcomeUnknown)
        do {
            _ = try await client.post("invoices/\(id)/void", key: "\(key):void")
        } catch is ChargebeeClient.Refusal {
            // It was paid or voided meanwhile.
            throw BillingProviderError.outcomeUnknown
        }
        return decline.result
    }
}
