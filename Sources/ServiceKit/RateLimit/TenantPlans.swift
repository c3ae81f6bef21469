package import Primitives
import Synchronization

/// The plans of tenants, for their limits. A plan is looked up at most once a minute, so a tenant that changes its plan has the
/// new limits after that time at the latest. Requests that arrive meanwhile share the lookup.
package final class TenantPlans: Sendable {
    package static let lifetime = Duration.seconds(60)
    /// After a lookup that has failed.
    static let retryDelay = Duration.seconds(1)
    /// Maximum number of tenants whose plans are kept.
    static let capacity = 10_000

    private struct Lookup: Sendable {
        let plan: Task<String?, Never>
        let end: ContinuousClock.Instant
    }

    private let lookup: @Sendable (Identifier) async throws -> String?
    private let now: @Sendable () -> ContinuousClock.Instant
    private let lookups = Mutex<[Identifier: Lookup]>([:])

    /// - Parameters:
    ///   - now: A clock that is never set back.
    ///   - lookup: The tier of a tenant's plan, from the service's database; nil without a plan.
    package init(
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        lookup: @escaping @Sendable (Identifier) async throws -> String?
    ) {
        self.now = now
        self.lookup = lookup
    }

    /// The tier of a tenant's plan in upper case; nil without a plan. While the database does not answer, the plan that was known
    /// before.
    func plan(of tenant: Identifier) async -> String? {
        let now = now()
        let plan = lookups.withLock { lookups in
            let known = lookups[tenant]
            if let known, now < known.end { return known.plan }
            if known == nil, lookups.count >= Self.capacity { lookups = lookups.filter { now < $0.value.end } }
            if known == nil, lookups.count >= Self.capacity { lookups.removeAll() }
            // Not a part of the request: it goes on for the others when the client of the first one disconnects.
            let plan = Task { [lookup, weak self] in
                do {
                    return try await lookup(tenant)?.uppercased()
                } catch {
                    self?.shorten(tenant)
                    return await known?.plan.value
                }
            }
            lookups[tenant] = Lookup(plan: plan, end: now + Self.lifetime)
            return plan
        }
        return await plan.value
    }

    private func shorten(_ tenant: Identifier) {
        let end = now() + Self.retryDelay
        lookups.withLock { lookups in
            guard let failed = lookups[tenant] else { return }
            lookups[tenant] = Lookup(plan: failed.plan, end: end)
        }
    }
}
