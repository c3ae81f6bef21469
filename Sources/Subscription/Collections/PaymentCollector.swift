import Billing
import Entities
import JSONCoding
import MessageBus
import PostgresClient
import Primitives

/// Pays invoices by the ways to pay that tenants have named: begin, ask the provider, record. Each step is done once, by whoever comes
/// first: a payment that was begun is finished under its key before there can be another one.
struct PaymentCollector: Sendable {
    let repository: CollectionRepository
    let invoices: InvoiceRepository
    let payments: EntityRepository
    let provider: any BillingProvider
    let terms: DunningTerms
    /// The service itself.
    let system: TenantScope

    /// How long a payment that was begun outside a worker is left to its beginner.
    static let lease = Duration.seconds(120)

    enum Beginning: Sendable {
        case begun(PaymentAttempt, CollectionRepository.Row)
        /// The tenant has no way to pay.
        case noSource(CollectionRepository.Row)
        /// Nothing is to be paid, or not now.
        case nothing
    }

    /// Begins a payment, or returns the one that was begun and not finished.
    /// - Parameter source: By which way to pay; nil for that which the tenant has named last.
    func begin(
        _ invoice: Identifier, by source: String? = nil, at instant: Timestamp, in context: WriteContext
    ) async throws -> Beginning {
        guard let unlocked = try await repository.read(invoice, in: system) else { return .nothing }
        return try await context.acting(in: system).withTransaction(on: repository.pool, resource: invoice) {
            transaction in
            try await lock(unlocked, transaction)
            guard let row = try await repository.read(invoice, transaction) else { return .nothing }
            let payer = try await repository.payer(row.tenant, transaction)
            if let pending = row.pending, let source = pending.source, let currency = row.due?.currency {
                let attempt = PaymentAttempt(
                    invoice: invoice, number: row.attempt, customer: payer?.customer ?? "", source: source,
                    amount: Money(minorUnits: pending.amount, currency: currency), startedOn: pending.startedOn,
                    isResumed: true)
                return .begun(attempt, row)
            }
            guard row.isOpen, let due = row.due, due.minorUnits > 0, source != nil || !row.isPaused else {
                return .nothing
            }
            let isNamed = source != nil
            guard let payer, let source = source ?? payer.source else { return .noSource(row) }
            _ = try await transaction.query(
                CollectionRepository.begin(
                    row, by: source, isExtra: isNamed, at: instant, lease: Self.lease))
            let attempt = PaymentAttempt(
                invoice: invoice, number: row.attempt + 1, customer: payer.customer, source: source, amount: due,
                startedOn: instant,
                isResumed: false)
            return .begun(attempt, row)
        }
    }

    /// Asks the provider for a payment that was begun. What it knows of the payment already comes first.
    /// - Throws: ``BillingProviderError/unavailable`` and ``BillingProviderError/outcomeUnknown``: the payment stays begun.
    func ask(_ attempt: PaymentAttempt, _ row: CollectionRepository.Row) async throws -> PaymentResult {
        do {
            let order = ChargeOrder(
                invoice: attempt.invoice, number: row.number, amount: attempt.amount, customer: attempt.customer,
                source: attempt.source, date: attempt.startedOn)
            if attempt.isResumed, let known = try await outcome(of: order, attempt) { return known }
            return try await provider.charge(order, idempotencyKey: attempt.key, in: system)
        } catch let error as BillingProviderError {
            switch error {
            case .unavailable, .outcomeUnknown: throw error
            case .unknownPaymentSource, .unknownCustomer:
                return .failure(DeclineCode.noSource, "The payment source is gone.")
            case .refused(let message): return .failure(DeclineCode.refused, message)
            case .invalid, .unknownInvoice, .notConfigured:
                return .failure(DeclineCode.refused, "The provider does not accept the payment.")
            }
        }
    }

    /// What became of a payment; nil if the provider knows of none.
    /// - Throws: ``BillingProviderError/outcomeUnknown`` if the provider does not say: the payment may have been made.
    private func outcome(of order: ChargeOrder, _ attempt: PaymentAttempt) async throws -> PaymentResult? {
        do {
            return try await provider.outcome(of: order, idempotencyKey: attempt.key, in: system)
        } catch let error as BillingProviderError {
            switch error {
            case .unavailable: throw error
            default: throw BillingProviderError.outcomeUnknown
            }
        }
    }

    /// Records the result of a payment with everything that follows from it, unless somebody has done it.
    /// - Parameter attempt: Nil for a step without a payment: there was no way to pay.
    func record(
        _ result: PaymentResult, of attempt: PaymentAttempt?, _ unlocked: CollectionRepository.Row,
        at instant: Timestamp, in context: WriteContext
    ) async throws {
        let context = context.acting(in: system)
        try await context.withTransaction(on: repository.pool, resource: unlocked.invoice) { transaction in
            try await lock(unlocked, transaction)
            guard let row = try await repository.read(unlocked.invoice, transaction) else { return }
            if let attempt {
                guard row.pending != nil, row.attempt == attempt.number else { return }
            } else {
                guard row.pending == nil, row.isOpen, row.failures == unlocked.failures,
                    row.isExtra == unlocked.isExtra, row.state == unlocked.state
                else { return }
            }
            _ = try await transaction.query(CollectionRepository.collecting(row.invoice))
            var batch = PostgresBatch()
            batch.add(try payments.insertStatement(values(result, attempt, row, at: instant), in: system))
            var end: DunningEnd?
            if result.status == .success {
                try addSuccess(row, to: &batch, at: context.now)
            } else {
                end = try addFailure(row, result, to: &batch, at: instant, context.now)
            }
            _ = try await transaction.run(batch)
            if let end { try await suspend(row.tenant, end, at: context.now, transaction) }
        }
    }

    func lock(_ row: CollectionRepository.Row, _ transaction: PostgresTransaction) async throws {
        var batch = PostgresBatch()
        batch.add(contentsOf: CollectionRepository.locks(of: row))
        _ = try await transaction.run(batch)
    }

    // The trigger of invoices ends the collection.
    private func addSuccess(
        _ row: CollectionRepository.Row, to batch: inout PostgresBatch, at now: Timestamp
    ) throws {
        var values = FieldValues(Invoice.entity)
        values[Invoice.invoiceStatus] = .paid
        batch.add(try invoices.invoices.updateStatement(row.invoice, values, in: system))
        batch.add(InvoiceRepository.settlement(of: row.invoice, isPaid: true))
        batch.add(try CollectionEvents.envelope(EventType.paymentSucceeded, of: row, at: now))
    }

    /// - Returns: What ends the schedule; nil if it goes on.
    private func addFailure(
        _ row: CollectionRepository.Row, _ result: PaymentResult, to batch: inout PostgresBatch, at instant: Timestamp,
        _ now: Timestamp
    ) throws -> DunningEnd? {
        let code = result.errorCode
        var more: [(String, JSONValue)] = code.map { [("code", .string($0))] } ?? []
        // An operator or a new payment source has asked for it, or the schedule is over.
        guard !row.isExtra, row.state != .unpaid else {
            // The schedule goes on as it was.
            batch.add(
                CollectionRepository.step(
                    row, to: row.state, failures: row.failures, nextDue: row.plannedOn, planned: row.plannedOn,
                    code: code))
            more.append(("step", .integer(max(row.failures, 1))))
            if let planned = row.plannedOn { more.append(("nextDueOn", .timestamp(planned))) }
            batch.add(try CollectionEvents.envelope(EventType.paymentFailed, of: row, more, at: now))
            return nil
        }
        let failures = row.failures + 1
        let failed = more + [("step", .integer(failures))]
        let ending: DunningEnd?
        switch terms.next(afterFailure: failures, code: code, at: instant) {
        case .step(let next):
            batch.add(
                CollectionRepository.step(
                    row, to: .pastDue, failures: failures, nextDue: next, planned: next, code: code))
            batch.add(
                try CollectionEvents.envelope(
                    EventType.paymentFailed, of: row, failed + [("nextDueOn", .timestamp(next))], at: now))
            ending = nil
        case .end(let end):
            batch.add(try CollectionEvents.envelope(EventType.paymentFailed, of: row, failed, at: now))
            try addEnd(end, row, failures: failures, code: code, to: &batch, at: instant, now)
            ending = end
        }
        if let subscription = row.subscription { batch.add(CollectionRepository.standing(of: subscription)) }
        return ending
    }

    /// The end of a schedule. What is to be canceled is due once more.
    func addEnd(
        _ end: DunningEnd, _ row: CollectionRepository.Row, failures: Int, code: String?, to batch: inout PostgresBatch,
        at instant: Timestamp, _ now: Timestamp
    ) throws {
        batch.add(
            CollectionRepository.step(
                row, to: .unpaid, failures: failures, nextDue: end == .cancel ? instant : nil, planned: nil, code: code)
        )
        let more: [(String, JSONValue)] = code.map { [("code", .string($0))] } ?? []
        batch.add(
            try CollectionEvents.envelope(
                EventType.dunningExhausted, of: row, more + [("end", .string(end.rawValue))], at: now))
    }

    /// Asks for the suspension of a tenant if an end does.
    func suspend(
        _ tenant: Identifier, _ end: DunningEnd, at now: Timestamp, _ transaction: PostgresTransaction
    ) async throws {
        guard end != .mark,
            let version = try await transaction.query(CollectionRepository.suspend(tenant)).first?.int64(0)
        else { return }
        var batch = PostgresBatch()
        batch.add(try CollectionEvents.standing(of: tenant, isSuspended: true, version: version, at: now))
        _ = try await transaction.run(batch)
    }

    private func values(
        _ result: PaymentResult, _ attempt: PaymentAttempt?, _ row: CollectionRepository.Row, at instant: Timestamp
    ) -> FieldValues {
        var values = FieldValues(Payment.entity)
        values[Payment.invoiceID] = row.invoice
        values[Payment.tenantID] = row.tenant
        values[Payment.amount] = Int(attempt?.amount.minorUnits ?? row.due?.minorUnits ?? 0)
        values[Payment.currencyCode] = row.due?.currency.code
        values[Payment.paymentMethod] = .source
        values[Payment.paymentSourceID] = attempt?.source
        values[Payment.idAtGateway] = result.idAtGateway
        values[Payment.status] = result.status
        values[Payment.paidOn] = instant
        values[Payment.errorCode] = result.errorCode
        values[Payment.errorText] = result.errorText
        return values
    }
}
