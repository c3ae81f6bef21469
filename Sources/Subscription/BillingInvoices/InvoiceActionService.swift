import Billing
import Entities
import PostgresClient
import Primitives

/// The rules of issuing, voiding and writing off invoices.
struct InvoiceActionService: Sendable {
    let repository: InvoiceRepository
    let notes: CreditNoteRepository
    let payments: InvoicePaymentService
    /// The same write at the time that a tenant lives on.
    let time: @Sendable (WriteContext, Identifier) async throws -> WriteContext

    private static let attempts = 5

    /// Does what is asked for, or nothing.
    /// - Returns: The row as it is then.
    /// - Throws: ``InvoiceError``.
    func perform(_ action: InvoiceAction, on id: Identifier, in context: WriteContext) async throws -> Record {
        for _ in 0..<Self.attempts {
            let row = try await require(id, action, in: context.scope)
            var context = context
            if let tenant = row.tenant { context = try await time(context, tenant) }
            do {
                return switch action {
                case .issue: try await issue(row, in: context)
                case .void: try await void(row, in: context)
                case .writeOff: try await change(row, to: .uncollectible, in: context)
                case .credit: throw InvoiceError.impossible(.credit, reason: "it needs lines")
                }
            } catch let error as RepositoryError {
                // Somebody was faster: what is possible now is another question.
                guard case .versionMismatch = error else { throw error }
            }
        }
        throw RepositoryError.contention
    }

    /// The invoice, if its status allows the action.
    /// - Throws: ``InvoiceError/unknown(_:)``, ``InvoiceError/illegal(_:_:legal:)``.
    func require(
        _ id: Identifier, _ action: InvoiceAction, in scope: TenantScope
    ) async throws -> InvoiceRepository.Row {
        guard let row = try await repository.named(id.description, in: scope) else {
            throw InvoiceError.unknown(id.description)
        }
        let legal = InvoiceAction.legal(in: row.status, isNumbered: row.number != nil)
        guard legal.contains(action) else { throw InvoiceError.illegal(action, row.status, legal: legal) }
        return row
    }

    /// A draft becomes an invoice with today's date. Without anything to pay it is paid at once.
    private func issue(_ row: InvoiceRepository.Row, in context: WriteContext) async throws -> Record {
        guard let total = row.total else { throw InvoiceError.notBillable }
        let customer = try await payments.customer(of: row, in: context.scope)
        let issued = try await payments.issue(row, customer, in: context.scope)
        var values = FieldValues(Invoice.entity)
        values[Invoice.invoiceID] = issued.value.id
        values[Invoice.invoiceStatus] = total.isZero ? .paid : .open
        repository.terms.complete(&values, issuedOn: CalendarDate(of: context.now))
        if let customer { values[Invoice.billingCustomerID] = customer.id }
        _ = try await issued.followed {
            try await repository.invoices.updateByID(
                row.id, values, in: context, ifVersion: .exactly(row.version), alongside: issued.statements)
        }
        // Prepaid credits may have paid it.
        return try await repository.invoices.findByID(row.id, in: context.scope)
    }

    private func void(_ row: InvoiceRepository.Row, in context: WriteContext) async throws -> Record {
        guard row.number != nil else { return try await change(row, to: .void, in: context) }
        guard !row.changesCredit else {
            throw InvoiceError.impossible(
                .void, reason: "it has changed the account credit; correct it with a credit note")
        }
        guard try await notes.notes.count(.equals(CreditNoteRow.invoiceID, row.id), in: context.scope) == 0 else {
            throw InvoiceError.impossible(.void, reason: "it has credit notes; correct the rest with another one")
        }
        // One that was issued a moment ago makes it the wrong version, and the next attempt finds it.
        return try await change(row, to: .void, alongside: [CreditNoteRepository.refusal(of: row.id)], in: context)
    }

    /// Payments that wait for a confirmation will not come.
    private func change(
        _ row: InvoiceRepository.Row, to status: Invoice.Status, alongside more: [BoundStatement] = [],
        in context: WriteContext
    ) async throws -> Record {
        var values = FieldValues(Invoice.entity)
        values[Invoice.invoiceStatus] = status
        return try await repository.invoices.updateByID(
            row.id, values, in: context, ifVersion: .exactly(row.version),
            alongside: more + [InvoiceRepository.settlement(of: row.id, isPaid: false)])
    }
}
