import Billing
import Entities
import JSONCoding
import PostgresClient
import Primitives

/// The rules of paying invoices: an invoice is paid once, in full, and the result of every attempt is stored.
struct InvoicePaymentService: Sendable {
    let repository: InvoiceRepository
    let payments: EntityRepository
    let customers: BillingCustomerRepository
    let provider: any BillingProvider
    let collector: PaymentCollector

    private static let attempts = 5
    private static let underWay: SQLState = "ARC12"

    /// Pays an invoice, a draft too, or records that it was attempted.
    /// - Parameters:
    ///   - text: Our id of the invoice, or the provider's.
    ///   - body: Has passed ``InvoiceSchemas/payment``.
    ///   - key: The client's idempotency key, if it sent one.
    /// - Throws: ``InvoiceError``; ``BillingProviderError``; ``ValidationFailure`` when the amount is not the invoice's.
    func pay(_ text: String, _ body: JSONObject, key: String?, in context: WriteContext) async throws {
        let scope = context.scope
        guard let row = try await repository.named(text, in: scope) else { throw InvoiceError.notFound }
        try Self.requireOpen(row)
        let customer = try await customer(of: row, in: scope)
        let order = try await order(body, row, customer, in: context)
        if row.collectionMethod != nil, row.reference != nil, provider.collectsAutomatically,
            let source = order.source, !order.hasFailed
        {
            return try await collect(row, by: source, in: context)
        }
        let attempt = "payment:\(row.id):\(key ?? "v\(row.version)")"
        var change = Change()
        if let reference = row.reference {
            return try await collect(order, row, reference, key: attempt, change, in: context)
        }
        // A draft of the engine that is paid elsewhere never goes to a provider.
        let issued =
            row.isOurs && order.source == nil
            ? ProviderEffect(IssuedInvoice(id: InvoiceIssuer.newProviderID(), status: .open))
            : try await issue(row, customer, in: scope)
        change.values[Invoice.invoiceID] = issued.value.id
        repository.terms.complete(&change.values, issuedOn: CalendarDate(of: context.now))
        if let customer { change.values[Invoice.billingCustomerID] = customer.id }
        change.statements = issued.statements
        try await issued.followed {
            let reference = InvoiceReference(row: row.id, id: issued.value.id)
            try await collect(order, row, reference, key: attempt, change, in: context)
        }
    }

    /// Pays an invoice that is collected: there is one payment at a time, whoever asks for it.
    private func collect(
        _ row: InvoiceRepository.Row, by source: PaymentSource, in context: WriteContext
    ) async throws {
        switch try await collector.begin(row.id, by: source.id, at: context.now, in: context) {
        case .nothing, .noSource: throw InvoiceError.closed(row.status)
        case .begun(let attempt, let collection):
            guard !attempt.isResumed else { throw CollectionError.underWay }
            let result = try await collector.ask(attempt, collection)
            guard result.status != .pending else { return }
            // The request may be gone by now: what has happened is recorded all the same, here or by a worker.
            let late = WriteContext(
                scope: collector.system, now: context.now, origin: context.origin, trace: context.trace)
            try await collector.record(result, of: attempt, collection, at: context.now, in: late)
        }
    }

    /// What changes in the row of an invoice, and what goes with it.
    private struct Change {
        var values = FieldValues(Invoice.entity)
        var statements: [BoundStatement] = []
    }

    /// Pays an issued invoice, and stores the result.
    /// - Parameter change: What is to be stored besides.
    private func collect(
        _ order: PaymentOrder, _ row: InvoiceRepository.Row, _ reference: InvoiceReference, key: String,
        _ change: Change, in context: WriteContext
    ) async throws {
        let effect =
            row.isOurs && order.source == nil
            ? ProviderEffect(Self.recorded(order, in: context.scope))
            : try await provider.pay(reference, order, idempotencyKey: key, in: context.scope)
        var change = change
        change.values[Invoice.invoiceStatus] = effect.value.invoiceStatus
        change.statements.append(try payments.insertStatement(order.row(effect.value, of: row), in: context.scope))
        let status = effect.value.invoiceStatus
        if status.isClosed {
            change.statements.append(InvoiceRepository.settlement(of: row.id, isPaid: status == .paid))
        }
        change.statements += effect.statements
        try await effect.followed { try await store(row, change, in: context) }
    }

    /// A payment that was made elsewhere, of an invoice that no provider knows: an operator's word counts, that of a tenant's own user
    /// is an announcement.
    private static func recorded(_ order: PaymentOrder, in scope: TenantScope) -> PaymentResult {
        if order.hasFailed { return PaymentResult(status: .failure, invoiceStatus: .notPaid) }
        return scope.isOperator
            ? PaymentResult(status: .success, invoiceStatus: .paid)
            : PaymentResult(status: .pending, invoiceStatus: .pending)
    }

    /// Stores what has happened already, even if the invoice was changed meanwhile in some other way.
    private func store(_ row: InvoiceRepository.Row, _ change: Change, in context: WriteContext) async throws {
        var row = row
        for _ in 0..<Self.attempts {
            do {
                _ = try await repository.invoices.updateByID(
                    row.id, change.values, in: context, ifVersion: .exactly(row.version),
                    alongside: change.statements)
                return
            } catch {
                // A payment by the tenant's source is under way (main.await_payment).
                if case .refused(Self.underWay, _) = error { throw CollectionError.underWay }
                guard case .versionMismatch = error else { throw error }
            }
            guard let current = try await repository.named(row.id.description, in: context.scope) else {
                throw InvoiceError.notFound
            }
            try Self.requireOpen(current)
            row = current
        }
        throw RepositoryError.contention
    }

    private static func requireOpen(_ row: InvoiceRepository.Row) throws(InvoiceError) {
        guard row.isClosed else { return }
        throw .closed(row.status)
    }

    /// Makes a draft an invoice of the provider's.
    func issue(
        _ row: InvoiceRepository.Row, _ customer: BillingCustomerRepository.Row?, in scope: TenantScope
    ) async throws -> ProviderEffect<IssuedInvoice> {
        let draft = try await repository.billed(row.id, in: scope)
        guard let contents = draft.contents else { throw InvoiceError.notBillable }
        return try await provider.createInvoice(
            contents, draft.details, for: customer?.reference, idempotencyKey: "invoice:\(row.id)", in: scope)
    }

    /// Who pays an invoice; nil for a tenant that is no customer.
    func customer(
        of row: InvoiceRepository.Row, in scope: TenantScope
    ) async throws -> BillingCustomerRepository.Row? {
        if let id = row.customer { return try await customers.row(id, in: scope) }
        guard let tenant = row.tenant else { return nil }
        return try await customers.ofTenant(tenant, in: scope)
    }

    // MARK: The body

    private func order(
        _ body: JSONObject, _ row: InvoiceRepository.Row, _ customer: BillingCustomerRepository.Row?,
        in context: WriteContext
    ) async throws -> PaymentOrder {
        func text(_ name: String) -> String? { body[name]?.stringValue }
        let method =
            text("paymentMethod").flatMap { PaymentMethod(rawValue: $0) }
            ?? (text("paymentSourceId") == nil ? .other : .source)
        let source =
            method == .source ? try await source(text("paymentSourceId"), of: customer, in: context.scope) : nil
        return PaymentOrder(
            amount: try Self.amount(body["amount"], row), currency: row.currency, method: method, source: source,
            hasFailed: text("status") == PaymentStatus.failure.rawValue,
            date: body["date"]?.doubleValue.map { Timestamp(seconds: Int64($0)) } ?? context.now,
            isDated: body["date"]?.doubleValue != nil,
            referenceNumber: text("referenceNumber"), customMethodID: text("customPaymentMethodId"),
            idAtGateway: text("idAtGateway"), errorCode: text("errorCode"), errorText: text("errorText"),
            comment: text("comment"))
    }

    /// What is due on the invoice, its total less what was credited: there are no payments in part.
    private static func amount(_ value: JSONValue?, _ row: InvoiceRepository.Row) throws(ValidationFailure) -> Int64 {
        guard let value else {
            guard let due = row.due else { throw .required("", "amount") }
            return due.minorUnits
        }
        guard let amount = value.minorUnits else {
            throw .invalidField("/amount", code: "multipleOf", "must be a whole number of minor units")
        }
        guard let due = row.due, amount != due.minorUnits else { return amount }
        throw .invalidField(
            "/amount", code: "total",
            "must be what is due on the invoice, \(due.minorUnits) minor units: it is paid at once")
    }

    /// The named way to pay, or the customer's last one. One of another customer does not exist.
    private func source(
        _ id: String?, of customer: BillingCustomerRepository.Row?, in scope: TenantScope
    ) async throws -> PaymentSource {
        guard let customer, let id = id ?? customer.paymentSourceID else {
            throw ValidationFailure.required("", "paymentSourceId")
        }
        let source = try await provider.paymentSource(id, in: scope)
        guard source.customer == customer.reference.id else { throw BillingProviderError.unknownPaymentSource }
        return source
    }
}

extension PaymentOrder {
    /// The row that stores the result.
    fileprivate func row(_ result: PaymentResult, of invoice: InvoiceRepository.Row) -> FieldValues {
        var values = FieldValues(Payment.entity)
        values[Payment.invoiceID] = invoice.id
        values[Payment.tenantID] = invoice.tenant
        values[Payment.amount] = Int(amount)
        values[Payment.currencyCode] = currency?.code
        values[Payment.paymentMethod] = method
        values[Payment.paymentSourceID] = source?.id
        values[Payment.referenceNumber] = referenceNumber
        values[Payment.customPaymentMethodID] = customMethodID
        values[Payment.idAtGateway] = result.idAtGateway ?? idAtGateway
        values[Payment.status] = result.status
        values[Payment.paidOn] = date
        values[Payment.errorCode] = result.errorCode ?? errorCode
        values[Payment.errorText] = result.errorText ?? errorText
        values[Payment.comment] = comment
        return values
    }
}
