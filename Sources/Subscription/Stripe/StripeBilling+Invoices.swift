import Billing
import Entities
import JSONCoding

/// Invoices of `POST /billing-invoice` at Stripe, and their payments.
extension StripeBilling {
    func createInvoice(
        _ invoice: DraftInvoice, _ details: InvoiceDetails, for customer: CustomerReference?, idempotencyKey: String,
        in scope: TenantScope
    ) async throws -> ProviderEffect<IssuedInvoice> {
        guard let customer else { throw BillingProviderError.unknownCustomer }
        let currency = invoice.currency.code.lowercased()
        var form = ProviderForm()
        form.add("customer", customer.id)
        form.add("currency", currency)
        form.add("auto_advance", details.options?["autoAdvance"]?.boolValue == true ? "true" : "false")
        form.add("pending_invoice_items_behavior", "exclude")
        let draft = try await understood(missing: .unknownCustomer) {
            try await client.post("invoices", form, key: "\(idempotencyKey):invoice")
        }
        let id = try Self.id(of: draft)
        for (index, line) in try invoice.providerLines(length: 500, StripeAmount.units).enumerated() {
            var form = ProviderForm()
            form.add("customer", customer.id)
            form.add("invoice", id)
            form.add("amount", String(line.units))
            form.add("currency", currency)
            form.add("description", line.text)
            _ = try await understood {
                try await client.post("invoiceitems", form, key: "\(idempotencyKey):line:\(index)")
            }
        }
        let issued = try await understood {
            try await client.post("invoices/\(id)/finalize", key: "\(idempotencyKey):finalize")
        }
        return ProviderEffect(external: IssuedInvoice(id: id, status: Self.status(of: issued) ?? .open))
    }

    func invoice(_ invoice: InvoiceReference, in scope: TenantScope) async throws -> BillingInvoice {
        try await invoices.billed(invoice, in: scope) {
            let id = try StripeClient.segment(invoice.id, else: .unknownInvoice)
            return Self.status(
                of: try await understood(missing: .unknownInvoice) { try await client.get("invoices/\(id)") })
        }
    }

    /// Options and the address of shipping are ours: Stripe prints none of them.
    func updateInvoice(
        _ invoice: InvoiceReference, _ changes: InvoiceDetails, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<Void> {
        ProviderEffect(())
    }

    func deleteInvoice(
        _ invoice: InvoiceReference, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<Void> {
        guard !invoice.isOurs else { return ProviderEffect(()) }
        let id = try StripeClient.segment(invoice.id, else: .unknownInvoice)
        let found: JSONValue
        do {
            found = try await understood(missing: .unknownInvoice) { try await client.get("invoices/\(id)") }
        } catch BillingProviderError.unknownInvoice {
            return ProviderEffect(())
        }
        switch Self.status(of: found) {
        case .draft: _ = try await understood(missing: .unknownInvoice) { try await client.delete("invoices/\(id)") }
        case .paid: throw BillingProviderError.paidInvoice
        case .void, .voided: break
        default:
            _ = try await understood(missing: .unknownInvoice) {
                try await client.post("invoices/\(id)/void", key: idempotencyKey)
            }
        }
        return ProviderEffect(external: ())
    }

    func pay(
        _ invoice: InvoiceReference, _ order: PaymentOrder, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<PaymentResult> {
        if let result = try order.resultWithoutProvider(of: invoice, in: scope) { return ProviderEffect(result) }
        var form = ProviderForm()
        if let source = order.source {
            form.add("payment_method", source.id)
            form.add("off_session", "true")
        } else {
            form.add("paid_out_of_band", "true")
        }
        let id = try StripeClient.segment(invoice.id, else: .unknownInvoice)
        do {
            let paid = try await understood(missing: .unknownInvoice) {
                try await client.post("invoices/\(id)/pay", form, key: idempotencyKey)
            }
            let isPaid = Self.status(of: paid) == .paid
            return ProviderEffect(
                external: PaymentResult(
                    status: isPaid ? .success : .pending, invoiceStatus: isPaid ? .paid : .pending,
                    idAtGateway: paid["payment_intent"]?.stringValue))
        } catch let decline as ProviderDecline {
            return ProviderEffect(external: decline.result)
        }
    }

    static func status(of invoice: JSONValue) -> Invoice.Status? {
        invoice["status"]?.stringValue.map { Invoice.Status(rawValue: $0) }
    }
}
