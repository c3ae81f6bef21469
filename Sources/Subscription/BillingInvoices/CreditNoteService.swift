import Billing
import Entities
import JSONCoding
import PostgresClient
import Primitives

/// The rules of credit notes that are asked for. For invoices of the billing engine, the engine also makes the note, so that no later
/// credit exceeds what is left of a line, and account credit is used up.
struct CreditNoteService: Sendable {
    let invoices: InvoiceActionService
    let notes: CreditNoteRepository
    let subscriptions: SubscriptionActionService
    /// The same write at the time that a tenant lives on.
    let time: @Sendable (WriteContext, Identifier) async throws -> WriteContext

    /// Issues a credit note.
    /// - Returns: Its row with its lines.
    /// - Throws: ``InvoiceError``; ``ValidationFailure`` at what exceeds what is left.
    func issue(_ request: CreditNoteRequest, on id: Identifier, in context: WriteContext) async throws -> Record {
        let invoice = try await invoices.require(id, .credit, in: context.scope)
        var context = context
        if let tenant = invoice.tenant { context = try await time(context, tenant) }
        let note = Identifier.v7(at: context.now)
        do {
            try await store(request, on: invoice, as: note, in: context)
        } catch let error as RepositoryError {
            throw Self.meaning(of: error)
        }
        return try await notes.withLines(note, in: context.scope)
    }

    private func store(
        _ request: CreditNoteRequest, on invoice: InvoiceRepository.Row, as note: Identifier, in context: WriteContext
    ) async throws {
        guard let subscription = invoice.subscription, let ordinal = invoice.ordinal else {
            return try await storeAlone(request, on: invoice, as: note, in: context)
        }
        do {
            try await storeByEngine(request, on: invoice, ordinal, of: subscription, as: note, in: context)
        } catch SubscriptionActionError.notFound {
            // The subscription was deleted: the engine will bill nothing more.
            try await storeAlone(request, on: invoice, as: note, in: context)
        } catch is UnknownToEngine {
            try await storeAlone(request, on: invoice, as: note, in: context)
        }
    }

    /// The engine no longer knows the invoice: its subscription was started again.
    private struct UnknownToEngine: Error {}

    // MARK: By the engine

    private func storeByEngine(
        _ request: CreditNoteRequest, on invoice: InvoiceRepository.Row, _ ordinal: Int, of subscription: Identifier,
        as note: Identifier, in context: WriteContext
    ) async throws {
        var state: CreditableInvoice?
        _ = try await subscriptions.store(
            subscription, as: .calendar, token: nil, resource: note, in: context
        ) { planner in
            guard let state, let place = planner.billed.billing.place(ofInvoice: ordinal),
                place <= planner.standing.progress.creditable.count
            else { throw UnknownToEngine() }
            let left = planner.standing.progress.creditable[place - 1]
            let lines = state.credited.lines.map { line in
                let isBilled = line.position <= left.count
                return CreditNoteRequest.Left(
                    position: line.position, description: line.description,
                    amount: isBilled ? left[line.position - 1] : 0, isCreditable: isBilled)
            }
            let amounts = try request.amounts(of: lines)
            guard !amounts.isEmpty else { throw InvoiceError.impossible(.credit, reason: "nothing is left to credit") }
            var outcome = SubscriptionActionOutcome(planner.billed)
            for line in amounts {
                outcome.add(
                    Self.entry(
                        after: outcome.billed, place, line.position,
                        Money(minorUnits: line.amount, currency: state.currency), request.destination, in: context))
            }
            let sum = try Money.sum(
                outcome.billed.standing().notes.map(\.note.total), in: state.currency)
            // What rounding line by line leaves over belongs to the note that leaves nothing of the invoice.
            let isWhole = lines.allSatisfy { line in
                amounts.first { $0.position == line.position }.map { $0.amount == line.amount } ?? (line.amount == 0)
            }
            let total = isWhole && request.destination != .account ? state.left(insteadOf: sum) : sum
            try state.require(total, request.destination)
            outcome.noteTerms = InvoiceIssuer.NoteTerms(
                id: note, destination: request.destination, reason: request.reason, total: total == sum ? nil : total)
            return outcome
        } target: { _, _ in
            // The subscription is locked now, and with it all credit notes that the engine makes.
            state = try await read(invoice.id, in: context.scope)
            return nil
        }
    }

    /// What the engine is told.
    private static func entry(
        after billed: BilledSubscription, _ invoice: Int, _ line: Int, _ amount: Money,
        _ destination: CreditNoteRow.Destination, in context: WriteContext
    ) -> SubscriptionBilling.Entry {
        SubscriptionBilling.Entry(
            id: .v7(at: context.now),
            position: max(billed.nextPosition, (billed.billing.entries.last?.position ?? 0) + 1, 1), kind: .creditNote,
            state: .scheduled, requestedOn: billed.today, effectiveOn: nil, plan: nil,
            change: [
                "at": .string(billed.today.description), "type": "credit_note", "invoice": .integer(invoice),
                "line": .integer(line), "amount": .string(amount.decimalText),
                "refund": .bool(destination != .account), "ownInvoice": true,
            ])
    }

    // MARK: Without the engine

    private func storeAlone(
        _ request: CreditNoteRequest, on invoice: InvoiceRepository.Row, as note: Identifier, in context: WriteContext
    ) async throws {
        guard request.destination != .account else {
            throw ValidationFailure.invalidField(
                "/destination", code: "enum",
                "must not be account: the invoice is not from the billing engine, so no later invoice would use the credit"
            )
        }
        let state = try await read(invoice.id, in: context.scope)
        let left = state.credited.lines.map { line in
            CreditNoteRequest.Left(
                position: line.position, description: line.description, amount: max(0, line.amount - line.credited),
                isCreditable: !InvoiceLineDetails.Kind.ofAdjustments.contains(line.kind ?? ""))
        }
        let amounts = try request.amounts(of: left)
        guard !amounts.isEmpty else { throw InvoiceError.impossible(.credit, reason: "nothing is left to credit") }
        let taxes = try state.taxes(on: amounts.map(\.amount))
        let lines = zip(amounts, taxes).map { line, tax in
            CreditNoteRepository.Line(
                position: line.position, amount: Money(minorUnits: line.amount, currency: state.currency),
                tax: Money(minorUnits: tax, currency: state.currency))
        }
        let total = try Money.sum(lines.map(\.amount) + lines.map(\.tax), in: state.currency)
        try state.require(total, request.destination)
        let date = CalendarDate(of: context.now)
        let row = CreditNoteRepository.NewRow(
            id: note, invoice: .row(invoice.id), lines: lines, total: total, destination: request.destination,
            reason: request.reason, issuedOn: date,
            series: InvoiceTerms.named(invoices.repository.terms.creditNoteSeries, on: date))
        var batch = context.batch(resource: note)
        batch.add(contentsOf: notes.insertStatements(row, in: context.scope))
        do throws(PostgresError) {
            _ = try await notes.notes.pool.run(batch)
        } catch {
            throw RepositoryError.from(error, entity: nil)
        }
    }

    private func read(_ id: Identifier, in scope: TenantScope) async throws -> CreditableInvoice {
        guard let credited = try await notes.credited(id, in: scope) else {
            throw InvoiceError.unknown(id.description)
        }
        return try CreditableInvoice(credited)
    }

    /// What the database has refused despite the checks: another credit note, or a payment, came first.
    private static func meaning(of error: RepositoryError) -> any Error {
        guard case .refused(let state, let detail) = error else { return error }
        if state == "ARC11" {
            let left = detail.map { ": \($0) minor units are left" } ?? ""
            return ValidationFailure.invalidField("/lines", code: "left", "exceed what is left\(left)")
        }
        return state == "ARC10" ? InvoiceError.impossible(.credit, reason: detail ?? "it was changed") : error
    }
}
