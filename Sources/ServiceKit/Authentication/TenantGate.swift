package import Primitives
import Synchronization

/// Rejects the tokens of tenants that may not act: deleted and suspended tenants and, in the service that stores the tenants,
/// tenants that do not exist. A token is valid for as long as its issuer says, so this is checked separately.
///
/// The result of a lookup is used for ``lifetime`` from its start, which limits how long a suspended tenant can go on.
/// Requests that arrive meanwhile share the lookup, also while it is still running, so that a slow database does not get one
/// lookup per request.
package final class TenantGate: Sendable {
    package static let lifetime = Duration.seconds(1)
    /// Maximum number of tenants whose results are kept.
    static let capacity = 10_000

    private struct Lookup {
        let result: Task<Bool, any Error>
        let end: ContinuousClock.Instant
    }

    private let lookup: @Sendable (Identifier) async throws -> Bool
    private let now: @Sendable () -> ContinuousClock.Instant
    private let lookups = Mutex<[Identifier: Lookup]>([:])

    /// - Parameters:
    ///   - now: A clock that is never set back.
    ///   - lookup: Whether a tenant may act, from the service's database.
    package init(
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        lookup: @escaping @Sendable (Identifier) async throws -> Bool
    ) {
        self.now = now
        self.lookup = lookup
    }

    /// Checks a caller. Operators, services and leads pass.
    /// - Throws: 403 for a tenant that may not act; the error of `lookup`, so that nobody passes without a database.
    func check(_ kind: Identity.Kind) async throws {
        guard case .tenantUser(let tenant) = kind else { return }
        guard try await isAdmitted(tenant) else { throw HTTPFailure.tenantNotActive }
    }

    private func isAdmitted(_ tenant: Identifier) async throws -> Bool {
        let now = now()
        let result = lookups.withLock { lookups in
            if let known = lookups[tenant], now < known.end { return known.result }
            if lookups.count >= Self.capacity { lookups = lookups.filter { now < $0.value.end } }
            if lookups.count >= Self.capacity { lookups.removeAll() }
            // Not a part of the request: it goes on for the others when the client of the first one disconnects.
            let result = Task { [lookup] in try await lookup(tenant) }
            lookups[tenant] = Lookup(result: result, end: now + Self.lifetime)
            return result
        }
        do {
            return try await result.value
        } catch {
            lookups.withLock { if $0[tenant]?.result == result { $0[tenant] = nil } }
            throw error
        }
    }
}
