import Billing
import Entities
import JSONCoding
import OutboundHTTP
import Primitives

/// Stripe: it keeps customers, cards and invoices of the contract's API, and collects money. Cards come as tokens that Stripe has given to
/// the client; numbers of cards are refused.
struct StripeBilling: BillingProvider {
    let client: StripeClient
    /// Our rows of invoices: what was billed is read from them.
    let invoices: InvoiceRepository

    let collectsAutomatically = true

    func shutdown() async { await client.http.shutdown() }

    // MARK: Customers

    func createCustomer(
        _ details: CustomerDetails, for account: BillingAccount, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<String> {
        var form = Self.form(of: details)
        form.add("metadata[tenantId]", account.tenant)
        let customer = try await understood { try await client.post("customers", form, key: idempotencyKey) }
        return ProviderEffect(external: try Self.id(of: customer))
    }

    func customer(_ customer: CustomerReference, in scope: TenantScope) async throws -> CustomerDetails {
        let id = try StripeClient.segment(customer.id, else: .unknownCustomer)
        let found = try await understood(missing: .unknownCustomer) { try await client.get("customers/\(id)") }
        guard found["deleted"]?.boolValue != true else { throw BillingProviderError.unknownCustomer }
        return Self.details(of: found)
    }

    func updateCustomer(
        _ customer: CustomerReference, _ changes: CustomerDetails, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<Void> {
        let id = try StripeClient.segment(customer.id, else: .unknownCustomer)
        let form = Self.form(of: changes)
        if !form.members.isEmpty {
            _ = try await understood(missing: .unknownCustomer) {
                try await client.post("customers/\(id)", form, key: idempotencyKey)
            }
        }
        return ProviderEffect(external: ())
    }

    func deleteCustomer(
        _ customer: CustomerReference, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<Void> {
        let id = try StripeClient.segment(customer.id, else: .unknownCustomer)
        do {
            _ = try await understood(missing: .unknownCustomer) { try await client.delete("customers/\(id)") }
        } catch BillingProviderError.unknownCustomer {
            // A repetition, or it was deleted at Stripe.
        }
        return ProviderEffect(external: ())
    }

    // MARK: Invoices

    func createInvoice(
        _ invoice: DraftInvoice, _ details: InvoiceDetails, for customer: CustomerReference?, idempotencyKey: String,
        in scope: TenantScope
    ) async throws -> ProviderEffect<IssuedInvoice> {
        guard let customer else { throw BillingProviderError.unknownCustomer }
        let currency = invoice.currency.code.lowercased()
        var form = StripeForm()
        form.add("customer", customer.id)
        form.add("currency", currency)
        form.add("auto_advance", details.options?["autoAdvance"]?.boolValue == true ? "true" : "false")
        form.add("pending_invoice_items_behavior", "exclude")
        let draft = try await understood(missing: .unknownCustomer) {
            try await client.post("invoices", form, key: "\(idempotencyKey):invoice")
        }
        let id = try Self.id(of: draft)
        for (index, line) in try Self.lines(of: invoice).enumerated() {
            var form = StripeForm()
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
        let ours: BillingInvoice
        do {
            ours = try await invoices.billed(invoice.row, in: scope)
        } catch RepositoryError.notFound {
            throw BillingProviderError.unknownInvoice
        }
        guard !invoice.isOurs else { return ours }
        let id = try StripeClient.segment(invoice.id, else: .unknownInvoice)
        let found = try await understood(missing: .unknownInvoice) { try await client.get("invoices/\(id)") }
        return BillingInvoice(
            status: Self.status(of: found) ?? ours.status, contents: ours.contents, details: ours.details)
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
        case .paid: throw BillingProviderError.refused("A paid invoice cannot be deleted.")
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
        if order.hasFailed { return ProviderEffect(PaymentResult(status: .failure, invoiceStatus: .notPaid)) }
        guard !invoice.isOurs else {
            throw BillingProviderError.refused(
                "Say how the invoice is collected first: its subscription has no collectionMethod.")
        }
        var form = StripeForm()
        if let source = order.source {
            form.add("payment_method", source.id)
            form.add("off_session", "true")
        } else {
            // A user's word is an announcement.
            guard scope.isOperator else {
                return ProviderEffect(PaymentResult(status: .pending, invoiceStatus: .pending))
            }
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
        } catch let decline as StripeDecline {
            return ProviderEffect(external: decline.result)
        }
    }

    // MARK: Charges

    func charge(
        _ order: ChargeOrder, idempotencyKey: String, in scope: TenantScope
    ) async throws -> PaymentResult {
        guard let units = StripeAmount.units(order.amount) else {
            throw BillingProviderError.refused("The amount cannot be collected in this currency.")
        }
        var form = StripeForm()
        form.add("amount", String(units))
        form.add("currency", order.amount.currency.code.lowercased())
        form.add("customer", order.customer)
        form.add("payment_method", order.source)
        form.add("confirm", "true")
        form.add("off_session", "true")
        form.add("metadata[key]", idempotencyKey)
        form.add("metadata[invoiceId]", order.invoice.description)
        form.add("metadata[number]", order.number)
        do {
            let payment = try await understood(missing: .unknownPaymentSource) {
                try await client.post("payment_intents", form, key: idempotencyKey)
            }
            return StripePayment.result(payment)
        } catch let decline as StripeDecline {
            return decline.result
        }
    }

    func outcome(
        of order: ChargeOrder, idempotencyKey: String, in scope: TenantScope
    ) async throws -> PaymentResult? {
        var last: String?
        // The newest come first; a tenant has few payments since one was begun.
        for _ in 0..<Self.maximumPages {
            var query = StripeForm()
            query.add("customer", order.customer)
            query.add("limit", "100")
            query.add("starting_after", last)
            let page = try await understood(missing: .unknownCustomer) {
                try await client.get("payment_intents", query)
            }
            let payments = page["data"]?.arrayValue ?? []
            if let payment = payments.first(where: { $0["metadata"]?["key"]?.stringValue == idempotencyKey }) {
                return StripePayment.result(payment)
            }
            last = payments.last?["id"]?.stringValue
            guard page["has_more"]?.boolValue == true, last != nil else { return nil }
        }
        throw BillingProviderError.outcomeUnknown
    }

    private static let maximumPages = 20

    func refund(_ order: RefundOrder, idempotencyKey: String, in scope: TenantScope) async throws -> RefundResult {
        guard let units = StripeAmount.units(order.amount) else { return .failed("currency") }
        let payment = try StripeClient.segment(order.payment, else: .refused("The payment is not one of Stripe's."))
        var query = StripeForm()
        query.add("payment_intent", payment)
        query.add("limit", "100")
        let known = try await understood { try await client.get("refunds", query) }
        if let refund = known["data"]?.arrayValue?.first(where: {
            $0["metadata"]?["key"]?.stringValue == idempotencyKey
        }) {
            return try Self.result(refund)
        }
        var form = StripeForm()
        form.add("payment_intent", payment)
        form.add("amount", String(units))
        form.add("metadata[key]", idempotencyKey)
        do {
            return try Self.result(
                try await understood { try await client.post("refunds", form, key: idempotencyKey) })
        } catch let decline as StripeDecline {
            return .failed(decline.code ?? DeclineCode.refused)
        }
    }

    private static func result(_ refund: JSONValue) throws -> RefundResult {
        switch refund["status"]?.stringValue {
        case "failed", "canceled": .failed(refund["failure_reason"]?.stringValue ?? "failed")
        default: .refunded(try id(of: refund))
        }
    }

    // MARK: Payment sources

    func createPaymentSource(
        _ new: NewPaymentSource, for customer: CustomerReference, idempotencyKey: String, in scope: TenantScope
    ) async throws -> ProviderEffect<PaymentSource> {
        guard new.card == nil else {
            throw BillingProviderError.invalid([
                ValidationDetail(
                    path: "/card", code: "forbidden",
                    message: "must not be sent: numbers of cards go to Stripe alone; send its token in options.token")
            ])
        }
        guard let token = new.options?["token"]?.stringValue else {
            throw BillingProviderError.invalid([.required("/options", "token")])
        }
        let missing = BillingProviderError.invalid([
            ValidationDetail(
                path: "/options/token", code: "token", message: "must be a token or payment method of Stripe")
        ])
        let name = try StripeClient.segment(token, else: missing)
        do {
            var method = name
            if !name.hasPrefix("pm_") {
                var form = StripeForm()
                form.add("type", "card")
                form.add("card[token]", name)
                let made = try await understood(missing: missing) {
                    try await client.post("payment_methods", form, key: "\(idempotencyKey):method")
                }
                method = try Self.id(of: made)
            }
            var form = StripeForm()
            form.add("customer", customer.id)
            let attached = try await understood(missing: missing) {
                try await client.post("payment_methods/\(method)/attach", form, key: "\(idempotencyKey):attach")
            }
            return ProviderEffect(external: try Self.source(attached, of: customer.id))
        } catch is StripeDecline {
            throw BillingProviderError.refused("The card was declined.")
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

    // MARK: Answers

    /// An answer, with what Stripe refuses in the words of the protocol.
    private func understood(
        missing: BillingProviderError = .refused("The billing provider does not know what this is about."),
        _ ask: () async throws -> JSONValue
    ) async throws -> JSONValue {
        do {
            return try await ask()
        } catch let refusal as StripeClient.Refusal {
            if refusal.isDecline { throw StripeDecline(code: refusal.code, payment: refusal.payment) }
            if refusal.status == 404 || refusal.code == "resource_missing" { throw missing }
            if refusal.type == "idempotency_error" { throw BillingProviderError.outcomeUnknown }
            throw BillingProviderError.refused("The billing provider does not accept this.")
        }
    }

    private static func id(of object: JSONValue) throws(BillingProviderError) -> String {
        guard let id = object["id"]?.stringValue else { throw .outcomeUnknown }
        return try StripeClient.segment(id, else: .outcomeUnknown)
    }

    static func status(of invoice: JSONValue) -> Invoice.Status? {
        invoice["status"]?.stringValue.map { Invoice.Status(rawValue: $0) }
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
