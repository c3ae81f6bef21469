import Billing
import Entities
import JSONCoding
import PostgresClient
import Primitives

/// The rules of invoices that customers are billed with.
struct BillingInvoiceService: Sendable {
    let repository: InvoiceRepository
    let customers: BillingCustomerRepository
    let provider: any BillingProvider

    private var invoices: EntityRepository { repository.invoices }

    /// Bills a customer.
    /// - Parameters:
    ///   - body: Has passed ``InvoiceSchemas/new``.
    ///   - key: The client's idempotency key, if it sent one.
    /// - Returns: The invoice as the API shows it, and our id of it with the version of our row.
    /// - Throws: ``InvoiceError/customerNotFound``; ``ValidationFailure`` for charges that cannot be paid.
    func create(
        _ body: JSONObject, key: String?, in context: WriteContext
    ) async throws -> (id: Identifier, version: Int64, json: JSONObject) {
        let scope = context.scope
        let (contents, details) = (try DraftInvoice(billing: body), InvoiceDetails(body))
        guard let customer = try await customers.named(body["customerId"]?.stringValue ?? "", in: scope) else {
            throw InvoiceError.customerNotFound
        }
        let now = context.now
        let id = Identifier.v7(at: now)
        let effect = try await provider.createInvoice(
            contents, details, for: customer.reference,
            idempotencyKey: "invoice:\(customer.id):\(key ?? id.description)", in: scope)
        let statements = try repository.insertStatements(
            contents,
            as: NewInvoiceRow(
                id: id, status: effect.value.status, providerID: effect.value.id, issuedOn: CalendarDate(of: now),
                customer: customer.id, tenant: customer.tenant, details: details), in: scope)
        var batch = context.batch(resource: id)
        // Who deletes the customer meanwhile either waits and takes the invoice along, or comes first.
        let lock = batch.add(BillingCustomerRepository.lock(customer.id))
        let insert = batch.count
        batch.add(contentsOf: statements + effect.statements)
        try await effect.followed {
            do throws(PostgresError) {
                _ = try await invoices.pool.run(batch)
            } catch {
                if error.statementIndex == lock, error.isGuardViolation { throw InvoiceError.customerNotFound }
                throw RepositoryError.from(error, entity: error.statementIndex == insert ? Invoice.entity : nil)
            }
        }
        // Prepaid credits may have paid it when it was committed.
        let row = try InvoiceRepository.Row(try await invoices.findByID(id, in: scope))
        let invoice = BillingInvoice(
            status: row.status ?? effect.value.status, contents: contents, details: details)
        return (id, row.version, invoice.json(id: id.description, customer: customer.reference.id))
    }

    /// An invoice as the API shows it.
    /// - Parameter text: Our id of it, or the provider's.
    /// - Throws: ``InvoiceError/notFound``.
    /// - Returns: It with the version of our row of it.
    func read(_ text: String, in scope: TenantScope) async throws -> (version: Int64, json: JSONObject) {
        guard let row = try await repository.named(text, in: scope) else { throw InvoiceError.notFound }
        return (row.version, try await shown(row, try await invoice(of: row, in: scope), in: scope))
    }

    /// Changes options and shipping address.
    /// - Returns: Our row of it as it is now.
    /// - Throws: ``InvoiceError/unknown(_:)``; ``ValidationFailure`` at a member that would change what was billed;
    ///   `RepositoryError.versionMismatch`.
    func update(
        _ text: String, _ body: JSONObject, in context: WriteContext, ifVersion condition: VersionCondition? = nil
    ) async throws -> (id: Identifier, version: Int64) {
        let scope = context.scope
        let row = try await require(text, in: scope)
        try condition?.require(row.version)
        try await refuseOthers(body, row, in: scope)
        let changes = InvoiceDetails(body)
        var effect = ProviderEffect(())
        if let reference = row.reference {
            effect = try await provider.updateInvoice(
                reference, changes, idempotencyKey: "invoice-change:\(row.id):\(row.version)", in: scope)
        }
        var values = FieldValues(Invoice.entity)
        if let options = changes.options { values[Invoice.options] = JSONText(options) }
        if let address = changes.shippingAddress { values[Invoice.shippingAddress] = JSONText(address) }
        let record = try await effect.followed {
            try await invoices.updateByID(
                row.id, values, in: context, ifVersion: condition, alongside: effect.statements)
        }
        return (row.id, try record.version)
    }

    /// Deletes an invoice.
    /// - Throws: ``InvoiceError/unknown(_:)``; `RepositoryError.versionMismatch`.
    func delete(
        _ text: String, in context: WriteContext, ifVersion condition: VersionCondition? = nil
    ) async throws {
        let scope = context.scope
        let row = try await require(text, in: scope)
        try condition?.require(row.version)
        var effect = ProviderEffect(())
        if let reference = row.reference {
            effect = try await provider.deleteInvoice(
                reference, idempotencyKey: "invoice-deletion:\(row.id)", in: scope)
        }
        _ = try await effect.followed {
            try await invoices.deleteByID(row.id, in: context, ifVersion: condition, alongside: effect.statements)
        }
    }

    private func require(_ text: String, in scope: TenantScope) async throws -> InvoiceRepository.Row {
        guard let row = try await repository.named(text, in: scope) else {
            throw InvoiceError.unknown(text)
        }
        return row
    }

    /// The invoice as the provider has it, or our draft, of which the provider knows nothing.
    private func invoice(of row: InvoiceRepository.Row, in scope: TenantScope) async throws -> BillingInvoice {
        if let reference = row.reference { return try await provider.invoice(reference, in: scope) }
        return try await repository.billed(row.id, in: scope)
    }

    private func shown(
        _ row: InvoiceRepository.Row, _ invoice: BillingInvoice, in scope: TenantScope
    ) async throws -> JSONObject {
        let customer = if let id = row.customer { try await customers.row(id, in: scope) } else { nil as Customer? }
        return invoice.json(id: row.id.description, customer: customer?.reference.id)
    }

    private typealias Customer = BillingCustomerRepository.Row

    /// What was billed is not changed: clients may send it as they have read it.
    private func refuseOthers(
        _ body: JSONObject, _ row: InvoiceRepository.Row, in scope: TenantScope
    ) async throws {
        guard body.keys.contains(where: { !["id", "options", "shippingAddress"].contains($0) }) else { return }
        let invoice = try await invoice(of: row, in: scope)
        let current = try await shown(row, invoice, in: scope)
        let isSame: [(String, Bool)] = [
            (
                "customerId",
                body["customerId"] == current["customerId"]
                    || body["customerId"]?.stringValue.flatMap { Identifier($0) } == row.customer
            ),
            ("currencyCode", body["currencyCode"]?.stringValue?.uppercased() == current["currencyCode"]?.stringValue),
            ("charges", try body["charges"].map { try invoice.hasCharges($0) } == true),
            ("status", body["status"] == current["status"]),
        ]
        for (name, isSame) in isSame where body[name] != nil && !isSame {
            throw ValidationFailure.invalidField(
                "/\(name)", code: "immutable",
                "cannot be changed once it was billed: delete the invoice and make another one")
        }
    }
}

extension InvoiceRepository.Row {
    /// The invoice as the provider knows it; nil for a draft, of which it knows nothing.
    var reference: InvoiceReference? { providerID.map { InvoiceReference(row: id, id: $0, isOurs: isOurs) } }
}
