import Billing
import Entities
import JSONCoding
import MessageBus
import PostgresClient
import Primitives
import WorkQueue

/// Does what is due of a claimed collection: a payment, a reminder, the end of a schedule, or what follows when the invoice is closed.
struct CollectionProcessor: Sendable {
    let collector: PaymentCollector
    /// Cancels a subscription that nobody pays for.
    let cancel: @Sendable (Identifier, WriteContext) async throws -> Void

    private var repository: CollectionRepository { collector.repository }
    private var terms: DunningTerms { collector.terms }

    /// How long to wait until a provider is asked again what became of a payment.
    static let patience = Duration.seconds(60)
    /// How long to wait for another provider.
    private static let longPatience = Duration.seconds(900)

    func handle(_ work: CollectionWork) async throws -> Settlement<Void> {
        let context = WriteContext(scope: collector.system, now: work.now)
        guard let row = try await repository.read(work.invoice, in: collector.system) else { return .done(()) }
        if row.pending != nil { return try await pay(work, row, in: context) }
        switch row.state {
        case .recovering: try await recover(work, row, in: context)
        case .settled: try await rest(work, row, in: context)
        case .unpaid where !row.isExtra: try await finish(work, row, in: context)
        case .waiting, .pastDue, .unpaid:
            guard row.isOpen else {
                try await rest(work, row, in: context)
                break
            }
            if row.method == .automatic || row.isExtra { return try await pay(work, row, in: context) }
            try await remind(work, row, in: context)
        }
        return .done(())
    }

    private func pay(
        _ work: CollectionWork, _ row: CollectionRepository.Row, in context: WriteContext
    ) async throws -> Settlement<Void> {
        // Another provider was in charge before: that is no failure of the tenant's.
        guard collector.provider.collectsAutomatically else {
            return .retry(after: Self.longPatience, reason: "the billing provider moves no money")
        }
        switch try await collector.begin(work.invoice, at: work.instant, in: context) {
        case .nothing:
            try await rest(work, row, in: context)
        case .noSource(let row):
            try await collector.record(
                .failure(DeclineCode.noSource, "The tenant has no payment source."), of: nil, row,
                at: work.instant, in: context)
        case .begun(let attempt, let row):
            let result: PaymentResult
            do {
                result = try await collector.ask(attempt, row)
            } catch BillingProviderError.unavailable, BillingProviderError.outcomeUnknown {
                return .retry(after: Self.patience, reason: "the outcome of the payment is not known")
            }
            guard result.status != .pending else { return .released(after: Self.patience) }
            try await collector.record(result, of: attempt, row, at: attempt.startedOn, in: context)
        }
        return .done(())
    }

    private func remind(
        _ work: CollectionWork, _ row: CollectionRepository.Row, in context: WriteContext
    ) async throws {
        try await change(work, row, in: context) { row, transaction in
            var batch = PostgresBatch()
            // It becomes due on the first day after the last one to pay, and the first reminder may be later.
            let wait = (terms.reminders?.days.first ?? 1) - 1
            guard row.state == .pastDue || wait <= 0 else {
                let first = work.instant.adding(.seconds(86_400 * wait))
                batch.add(
                    CollectionRepository.step(
                        row, to: .pastDue, failures: 0, nextDue: first, planned: first, code: nil))
                if let subscription = row.subscription { batch.add(CollectionRepository.standing(of: subscription)) }
                _ = try await transaction.run(batch)
                return
            }
            let count = row.failures + 1
            let step: (String, JSONValue) = ("step", .integer(count))
            switch terms.next(afterReminder: count, at: work.instant) {
            case .step(let next):
                batch.add(
                    CollectionRepository.step(
                        row, to: .pastDue, failures: count, nextDue: next, planned: next, code: nil))
                batch.add(
                    try CollectionEvents.envelope(
                        EventType.invoiceOverdue, of: row, [step, ("nextDueOn", .timestamp(next))], at: context.now))
                if let subscription = row.subscription { batch.add(CollectionRepository.standing(of: subscription)) }
                _ = try await transaction.run(batch)
            case .end(let end):
                batch.add(try CollectionEvents.envelope(EventType.invoiceOverdue, of: row, [step], at: context.now))
                try collector.addEnd(
                    end, row, failures: count, code: nil, to: &batch, at: work.instant, context.now)
                if let subscription = row.subscription { batch.add(CollectionRepository.standing(of: subscription)) }
                _ = try await transaction.run(batch)
                try await collector.suspend(row.tenant, end, at: context.now, transaction)
            }
        }
    }

    /// Takes back what a late invoice has caused: the mark of its subscription, and the suspension if nothing else is unpaid.
    private func recover(
        _ work: CollectionWork, _ row: CollectionRepository.Row, in context: WriteContext
    ) async throws {
        try await change(work, row, in: context) { row, transaction in
            guard row.state == .recovering else { return }
            var batch = PostgresBatch()
            batch.add(
                CollectionRepository.step(
                    row, to: .settled, failures: row.failures, nextDue: nil, planned: nil, code: nil))
            if let subscription = row.subscription { batch.add(CollectionRepository.standing(of: subscription)) }
            batch.add(try CollectionEvents.envelope(EventType.dunningEnded, of: row, at: context.now))
            batch.add(contentsOf: CollectionRepository.restore(row.tenant))
            guard let version = try await transaction.run(batch).last?.first?.int64(0) else { return }
            var report = PostgresBatch()
            report.add(
                try CollectionEvents.standing(of: row.tenant, isSuspended: false, version: version, at: context.now))
            _ = try await transaction.run(report)
        }
    }

    /// The subscription is canceled, if that is the end of dunning; before the collection rests, so that it is not forgotten.
    private func finish(
        _ work: CollectionWork, _ row: CollectionRepository.Row, in context: WriteContext
    ) async throws {
        let end = row.method == .automatic ? terms.end : terms.reminderEnd
        if end == .cancel, row.isOpen, let subscription = row.subscription { try await cancel(subscription, context) }
        try await rest(work, row, in: context)
    }

    /// Nothing is due any more, until something happens to the invoice.
    private func rest(
        _ work: CollectionWork, _ row: CollectionRepository.Row, in context: WriteContext
    ) async throws {
        try await change(work, row, in: context) { row, transaction in
            guard row.pending == nil, !row.isPaused else { return }
            _ = try await transaction.query(
                CollectionRepository.step(
                    row, to: row.state, failures: row.failures, nextDue: nil, planned: nil, code: nil))
        }
    }

    /// A transaction that has locked what belongs to a collection, and still holds the claim.
    private func change(
        _ work: CollectionWork, _ row: CollectionRepository.Row, in context: WriteContext,
        _ body: (CollectionRepository.Row, PostgresTransaction) async throws -> Void
    ) async throws {
        try await context.withTransaction(on: repository.pool, resource: work.invoice) { transaction in
            try await collector.lock(row, transaction)
            guard try await repository.isHeld(work.handle, transaction),
                let row = try await repository.read(work.invoice, transaction)
            else { return }
            try await body(row, transaction)
        }
    }
}
