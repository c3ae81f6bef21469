package import Primitives
import Synchronization

/// Refuses the tokens of tenants that may not act: deleted and suspended ones, and, where the service keeps the tenants, those
/// that do not exist. A token stays valid for as long as its issuer says; whether its tenant still is one is asked here.
///
/// An answer is kept for ``lifetime``, which bounds how long a tenant goes on after it was suspended.
package final class TenantGate: Sendable {
    /// How long an answer is believed.
    package static let lifetime = Duration.seconds(1)
    private static let maximumEntries = 10_000

    private struct Verdict {
        let isAdmitted: Bool
        let end: ContinuousClock.Instant
    }

    private let lookup: @Sendable (Identifier) async throws -> Bool
    private let verdicts = Mutex<[Identifier: Verdict]>([:])

    /// - Parameter lookup: Whether a tenant may act, from the service's database.
    package init(lookup: @escaping @Sendable (Identifier) async throws -> Bool) {
        self.lookup = lookup
    }

    /// Checks a caller. Operators, services and leads pass.
    /// - Throws: 403 for a tenant that may not act; what `lookup` throws, so that without a database nobody passes.
    func check(_ kind: Identity.Kind) async throws {
        guard case .tenantUser(let tenant) = kind else { return }
        guard try await isAdmitted(tenant) else { throw HTTPFailure.tenantNotActive }
    }

    private func isAdmitted(_ tenant: Identifier) async throws -> Bool {
        let now = ContinuousClock.now
        if let verdict = verdicts.withLock({ $0[tenant] }), now < verdict.end { return verdict.isAdmitted }
        let isAdmitted = try await lookup(tenant)
        verdicts.withLock { verdicts in
            if verdicts.count >= Self.maximumEntries { verdicts = verdicts.filter { now < $0.value.end } }
            if verdicts.count >= Self.maximumEntries { verdicts.removeAll() }
            verdicts[tenant] = Verdict(isAdmitted: isAdmitted, end: now + Self.lifetime)
        }
        return isAdmitted
    }
}
