package import Primitives
import Synchronization

/// Makes claims for a store, and gives those back whose answers were lost before it makes the next one.
package final class UnansweredClaims: Sendable {
    private let lost = Mutex(LostClaims<Identifier>())

    /// None.
    package init() {}

    /// Claims work.
    /// - Parameters:
    ///   - release: Gives back everything under a claim.
    ///   - take: Claims work under the given new identifier. When it throws, the claim may be valid all the same.
    package func claim<Work>(
        releasing release: (Identifier) async throws -> Void, taking take: (Identifier) async throws -> Work
    ) async throws -> Work {
        for claim in lost.withLock({ $0.all }) {
            try await release(claim)
            lost.withLock { $0.remove(claim) }
        }
        let claim = Identifier.v4()
        do { return try await take(claim) } catch {
            add(claim)
            throw error
        }
    }

    /// Remembers a claim whose answer was lost.
    package func add(_ claim: Identifier) { lost.withLock { $0.add(claim) } }
}
