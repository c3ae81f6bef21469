import Billing
import Entities
import JSONCoding
import Primitives

/// Invoices of `POST /billing-invoice` at Chargebee, and their payments.
extension ChargebeeBilling {
    func createInvoice(
        _ invoice: DraftInvoice, _ details: InvoiceDetails, for customer: CustomerReference?, idempotencyKey: String,
        in scope: TenantScope
    ) async throws -> ProviderEffect<IssuedInvoice> {
        guard let customer else { throw BillingProviderError.unknownCustomer }
        let key = ChargebeeClient.key(idempotencyKey)
        var form = ProviderForm()
        form.add("customer_id", customer.id)
        form.add("currency_code", invoice.currency.code)
        form.add("auto_collection", details.options?["autoCollection"]?.boolValue == true ? "on" : "off")
        form.add("po_number", key)
        Self.addAddress(details.shippingAddress, "shipping_address", to: &form)
        try Self.add(invoice, to: &form)
        if let known = try await self.invoice(named: key, of: customer.id) {
            return ProviderEffect(external: try Self.issued(known))
        }
        do {
            let answer = try await understood(missing: .unknownCustomer) {
                try await client.post(Self.creation, form, key: key)
            }
            return ProviderEffect(external: try Self.issued(try Self.object("invoice", answer)))
        } catch is ProviderDecline {
            throw BillingProviderError.refused("The payment was declined.")
        }
    }

    private static func issued(_ invoice: JSONValue) throws(BillingProviderError) -> IssuedInvoice {
        IssuedInvoice(id: try id(of: invoice), status: ChargebeePayment.status(of: invoice) ?? .paymentDue)
    }

    func invoice(_ invoice: InvoiceReference, in scope: TenantScope) async throws -> BillingInvoice {
        try await invoices.billed(invoice, in: scope) {
            ChargebeePayment.status(of: try await self.found(invoice))
        }
    }

    /// An invoice as Chargebee has it.
    private func found(_ invoice: InvoiceReference) async throws -> JSONValue {
        let id = try ChargebeeClient.segment(invoice.id, else: .unknownInvoice)
        let answer = try await understood(missing: .unknownInvoice) { try await client.get("invoices/\(id)") }
        let found = try Self.object("invoice", answer)
        guard found["deleted"]?.boolValue != true else { throw BillingProviderError.unknownInvoice }
        return found
    }

    /// Options are ours: Chargebee prints none of them.
    func updateInvoice(
        _ invoice: InvoiceReference, _ changes: InvoiceDetails, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<Void> {
        var form = ProviderForm()
        Self.addAddress(changes.shippingAddress, "shipping_address", to: &form)
        guard !invoice.isOurs, !form.members.isEmpty else { return ProviderEffect(()) }
        let id = try ChargebeeClient.segment(invoice.id, else: .unknownInvoice)
        _ = try await understood(missing: .unknownInvoice) {
            try await client.post("invoices/\(id)/update_details", form, key: idempotencyKey)
        }
        return ProviderEffect(external: ())
    }

    func deleteInvoice(
        _ invoice: InvoiceReference, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<Void> {
        guard !invoice.isOurs else { return ProviderEffect(()) }
        do {
            switch ChargebeePayment.status(of: try await found(invoice)) {
            case .paid: throw BillingProviderError.paidInvoice
            case .void, .voided, .uncollectible: break
            default:
                let id = try ChargebeeClient.segment(invoice.id, else: .unknownInvoice)
                _ = try await understood(missing: .unknownInvoice) {
                    try await client.post("invoices/\(id)/void", key: idempotencyKey)
                }
            }
        } catch BillingProviderError.unknownInvoice {
            return ProviderEffect(())
        }
        return ProviderEffect(external: ())
    }

    func pay(
        _ invoice: InvoiceReference, _ order: PaymentOrder, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<PaymentResult> {
        if let result = try order.resultWithoutProvider(of: invoice, in: scope) { return ProviderEffect(result) }
        let id = try ChargebeeClient.segment(invoice.id, else: .unknownInvoice)
        do {
            let answer = try await client.post(
                "invoices/\(id)/\(order.source == nil ? "record_payment" : "collect_payment")", payment(order),
                key: idempotencyKey)
            return ProviderEffect(
                external: ChargebeePayment.result(
                    of: try Self.object("transaction", answer), try Self.object("invoice", answer)))
        } catch let refusal as ChargebeeClient.Refusal {
            if refusal.isDecline { return ProviderEffect(external: ProviderDecline(code: refusal.decline).result) }
            if refusal.isMissing { throw BillingProviderError.unknownInvoice }
            // A repetition that comes after Chargebee has forgotten the key finds the invoice paid.
            guard refusal.isState, let result = ChargebeePayment.result(of: try await found(invoice)),
                result.status == .success
            else { throw BillingProviderError.notAccepted }
            return ProviderEffect(external: result)
        }
    }

    private func payment(_ order: PaymentOrder) -> ProviderForm {
        var form = ProviderForm()
        form.add("comment", order.comment.map { String($0.prefix(300)) })
        if let source = order.source {
            form.add("payment_source_id", source.id)
            form.add("payment_initiator", "merchant")
            return form
        }
        let isCustom = order.method == .custom && order.customMethodID != nil
        let method = order.method == .custom && !isCustom ? PaymentMethod.other : order.method
        form.add("transaction[payment_method]", method.rawValue)
        form.add("transaction[custom_payment_method_id]", isCustom ? order.customMethodID : nil)
        form.add("transaction[reference_number]", order.referenceNumber)
        form.add("transaction[id_at_gateway]", order.idAtGateway)
        // A repetition has to be the same request, so the time of this request is not sent: Chargebee takes its own.
        if order.isDated { form.add("transaction[date]", String(order.date.seconds)) }
        return form
    }

}
