import Billing
import Entities
import PostgresClient
import Primitives

/// SQL of invoices.
struct InvoiceRepository: Sendable {
    let invoices: EntityRepository
    let items: EntityRepository
    var terms = InvoiceTerms()

    /// A row with what rules need of it.
    struct Row: Sendable {
        let id: Identifier
        /// The provider's id; nil for a draft.
        let providerID: String?
        let status: Invoice.Status?
        let customer: Identifier?
        let tenant: Identifier?
        let currency: Currency?
        /// Nil for invoices of the original, which have no amounts.
        let total: Money?
        /// What is to be paid of it: credit notes may have reduced it. Nil for invoices of the original.
        let due: Money?
        /// Its number; nil for a draft, and for invoices of former releases.
        let number: String?
        /// Which invoice of its subscription it is; of those that the billing engine has made.
        let ordinal: Int?
        /// The subscription that it was made for.
        let subscription: Identifier?
        /// Nil: nobody collects it.
        let collectionMethod: CollectionMethod?
        /// Whether account credit was used for it, or it has added to the account credit.
        let changesCredit: Bool
        let version: Int64

        init(_ record: Record) throws {
            id = try record.id
            providerID = try record[ifPresent: Invoice.invoiceID]
            status = try record[ifPresent: Invoice.invoiceStatus]
            customer = try record[ifPresent: Invoice.billingCustomerID]
            tenant = try record[ifPresent: Invoice.tenantID]
            currency = try record.invoiceCurrency
            let total = try record.money(Invoice.total, in: currency)
            let credited = try record.money(Invoice.credited, in: currency)
            self.total = total
            due = if let total, let credited { try total.subtracting(credited) } else { total }
            number = try record[ifPresent: Invoice.number]
            ordinal = try record[ifPresent: Invoice.ordinal]
            subscription = try record[ifPresent: Invoice.subscriptionID]
            collectionMethod = try record[ifPresent: Invoice.collectionMethod]
            changesCredit = (try record[ifPresent: Invoice.credit] ?? 0) != 0
            version = try record.version
        }

        /// Whether the billing engine has made it, or it is collected here: external providers do not know it.
        var isOurs: Bool { ordinal != nil || collectionMethod != nil }

        /// Whether nothing can be paid any more.
        var isClosed: Bool { status?.isClosed == true }
    }

    /// The invoice that a text names: by our id or by the provider's.
    func named(_ text: String, in scope: TenantScope) async throws -> Row? {
        try await invoices.find(.naming(text, in: [Invoice.invoiceID]), in: scope).first.map(Row.init)
    }

    /// The id of an invoice that a subscription shall have.
    /// - Parameter text: Our id of it, or the provider's.
    /// - Throws: `.relatedNotFound` if the caller sees no such invoice.
    func require(_ text: String, in scope: TenantScope) async throws -> Identifier {
        guard let row = try await named(text, in: scope) else {
            throw RepositoryError.relatedNotFound(
                detail: "Key (invoice_id)=(\(text)) is not present in table \"invoice\".")
        }
        return row.id
    }

    /// An invoice with its lines in order.
    /// - Throws: `.notFound`.
    func withLines(_ id: Identifier, in scope: TenantScope) async throws(RepositoryError) -> Record {
        let lines = Inclusion(Invoice.lines, scope: Filter(order: [Order(InvoiceItem.position)]))
        return try await invoices.findByID(id, filter: Filter(include: [lines]), in: scope)
    }

    /// An invoice with its lines, payments and credit notes, each in order.
    /// - Throws: `.notFound`.
    func withEverything(_ id: Identifier, in scope: TenantScope) async throws(RepositoryError) -> Record {
        let lines = Inclusion(Invoice.lines, scope: Filter(order: [Order(InvoiceItem.position)]))
        let noteLines = Inclusion(CreditNoteRow.lines, scope: Filter(order: [Order(CreditNoteLine.position)]))
        let notes = Inclusion(Invoice.creditNotes, scope: Filter(include: [noteLines]))
        return try await invoices.findByID(
            id, filter: Filter(include: [lines, Inclusion(Invoice.payments), notes]), in: scope)
    }

    /// An invoice as its rows have it.
    /// - Throws: `.notFound`.
    func billed(_ id: Identifier, in scope: TenantScope) async throws -> BillingInvoice {
        try BillingInvoice(try await withLines(id, in: scope))
    }
}
