import Entities
import JSONCoding
import PostgresClient
import Primitives

/// The rules of billing customers: a tenant is one customer, and goes with its invoices.
struct BillingCustomerService: Sendable {
    let repository: BillingCustomerRepository
    let invoices: InvoiceRepository
    let provider: any BillingProvider

    private var customers: EntityRepository { repository.customers }

    /// A customer with what the provider knows of it.
    struct Customer: Sendable {
        let id: String
        let details: CustomerDetails
        /// Version of our row of it.
        let version: Int64

        /// As the API shows it.
        var json: JSONObject {
            JSONObject([("id", .string(id))] + details.members.map { ($0.key, $0.value) })
        }
    }

    /// Makes a tenant a customer.
    /// - Parameters:
    ///   - tenant: Whom; to a tenant's own user, anybody else does not exist.
    ///   - key: The client's idempotency key, if it sent one.
    /// - Throws: `RepositoryError.conflict` when the tenant is a customer already, `.relatedNotFound` for another tenant.
    func create(
        _ details: CustomerDetails, tenant: Identifier, key: String?, in context: WriteContext
    ) async throws -> Customer {
        let scope = context.scope
        if let own = context.tenantID, own != tenant {
            throw RepositoryError.relatedNotFound(
                detail: "Key (tenant_id)=(\(tenant)) is not present in table \"tenants\".")
        }
        // The unique index decides; this only spares the provider the attempt.
        guard try await repository.ofTenant(tenant, in: scope) == nil else {
            throw RepositoryError.conflict(detail: "Key (tenant_id)=(\(tenant)) already exists.")
        }
        let row = Identifier.v7(at: context.now)
        let effect = try await provider.createCustomer(
            details, for: BillingAccount(row: row, tenant: tenant.description),
            idempotencyKey: "customer:\(tenant):\(key ?? row.description)", in: scope)
        var values = FieldValues(BillingCustomer.entity)
        values.identifier = row
        values[BillingCustomer.tenantID] = tenant.description
        values[BillingCustomer.customerID] = effect.value
        let record = try await effect.followed {
            try await customers.create(values, in: context, alongside: effect.statements)
        }
        return Customer(id: effect.value, details: details, version: try record.version)
    }

    /// A customer by our id of it.
    /// - Throws: ``BillingCustomerError/notFound``.
    func read(_ id: Identifier, in scope: TenantScope) async throws -> Customer {
        guard let row = try await repository.row(id, in: scope) else { throw BillingCustomerError.notFound }
        return try await customer(row, in: scope)
    }

    /// The first customer that a filter selects, and its row as the filter shows it.
    /// - Throws: ``BillingCustomerError/notFound``.
    func find(_ filter: Filter, in scope: TenantScope) async throws -> (customer: Customer, info: Record) {
        var filter = filter
        filter.limit = 1
        guard let info = try await customers.find(filter, in: scope, as: filter.workload).first,
            let row = try await repository.row(try info.id, in: scope)
        else { throw BillingCustomerError.notFound }
        return (try await customer(row, in: scope), info)
    }

    private func customer(_ row: BillingCustomerRepository.Row, in scope: TenantScope) async throws -> Customer {
        Customer(
            id: row.reference.id, details: try await provider.customer(row.reference, in: scope), version: row.version)
    }

    /// Changes what the provider knows of a customer.
    /// - Returns: Our row of it as it is now.
    /// - Throws: ``BillingCustomerError/unknown(_:)``; `RepositoryError.versionMismatch`.
    func update(
        _ text: String, _ changes: CustomerDetails, in context: WriteContext,
        ifVersion condition: VersionCondition? = nil
    ) async throws -> (id: Identifier, version: Int64) {
        let scope = context.scope
        let row = try await require(text, in: scope)
        try condition?.require(row.version)
        let effect = try await provider.updateCustomer(
            row.reference, changes, idempotencyKey: "customer-change:\(Identifier.v7(at: context.now))", in: scope)
        let record = try await effect.followed {
            try await customers.updateByID(
                row.id, FieldValues(BillingCustomer.entity), in: context, ifVersion: condition,
                alongside: effect.statements)
        }
        return (row.id, try record.version)
    }

    /// Deletes a customer and its invoices.
    /// - Throws: ``BillingCustomerError/unknown(_:)``; `RepositoryError.versionMismatch`.
    func delete(
        _ text: String, in context: WriteContext, ifVersion condition: VersionCondition? = nil
    ) async throws {
        let scope = context.scope
        let row = try await require(text, in: scope)
        try condition?.require(row.version)
        let effect = try await provider.deleteCustomer(
            row.reference, idempotencyKey: "customer-deletion:\(row.id)", in: scope)
        _ = try await effect.followed {
            try await customers.deleteByID(
                row.id, in: context, ifVersion: condition,
                alongside: effect.statements + [InvoiceRepository.deletion(ofCustomer: row.id, in: scope)])
        }
    }

    private func require(_ text: String, in scope: TenantScope) async throws -> BillingCustomerRepository.Row {
        guard let row = try await repository.named(text, in: scope) else {
            throw BillingCustomerError.unknown(text)
        }
        return row
    }
}
