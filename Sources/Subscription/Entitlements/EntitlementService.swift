import Billing
import Entities
import Primitives

/// What tenants have of the features of the catalog, and why.
struct EntitlementService: Sendable {
    let entitlements: EntitlementRepository
    let meters: MeterRepository
    let amounts: MeteredAmountRepository

    /// An entitlement, with what was used of its limit if it is metered.
    struct Entry: Sendable {
        let entitlement: Entitlement
        let amount: MeteredAmount?
    }

    /// What a tenant has of each feature, by key.
    /// - Parameters:
    ///   - keys: Of features; nil for all.
    ///   - limit: How many features at most; nil for all.
    /// - Throws: ``EntitlementError/tenantNotFound``.
    func entries(
        of tenant: Identifier, features keys: Set<String>? = nil, limit: Int? = nil, at now: Timestamp,
        in scope: TenantScope
    ) async throws -> [Entry] {
        if let own = scope.tenantID, own != tenant { throw EntitlementError.tenantNotFound }
        let found = try await entitlements.contents(
            of: tenant, features: keys, limit: limit, on: CalendarDate(of: now), in: scope)
        guard let found else { throw EntitlementError.tenantNotFound }
        let all = found.features.map(found.rules.entitlement)
        let metered = try await meters.meters(limitedBy: Set(all.map(\.feature)), in: scope)
        let limits = all.compactMap { entitlement in
            metered[entitlement.feature].map { MeteredAmountRepository.Limited(meter: $0, limit: entitlement.limit) }
        }
        let amounts = try await amounts.amounts(of: tenant, limits, at: now, in: scope)
        return all.map { entitlement in
            Entry(entitlement: entitlement, amount: metered[entitlement.feature].flatMap { amounts[$0.id] })
        }
    }
}
