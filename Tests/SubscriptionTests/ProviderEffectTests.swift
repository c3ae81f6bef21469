import Entities
import Testing

@testable import Subscription

@Suite struct ProviderEffectTests {
    private func run<Value>(_ effect: ProviderEffect<Value>, failing error: any Error) async throws {
        try await effect.followed { () async throws -> Void in throw error }
    }

    @Test(
        arguments: [
            RepositoryError.unavailable, RepositoryError.timeout, RepositoryError.contention, RepositoryError.cancelled,
            RepositoryError.outcomeUnknown, CancellationError(), BillingProviderError.unavailable,
            BillingProviderError.outcomeUnknown,
        ] as [any Error])
    func `after a change outside an interruption is an unknown outcome`(error: any Error) async {
        await #expect(throws: BillingProviderError.outcomeUnknown) {
            try await run(ProviderEffect(external: 1), failing: error)
        }
    }

    @Test(arguments: [
        RepositoryError.conflict(detail: ""), .versionMismatch(current: 1), .notFound(entity: "", table: "", id: ""),
    ])
    func `after a change outside the other errors stay as they are`(error: RepositoryError) async {
        await #expect(throws: error) { try await run(ProviderEffect(external: 1), failing: error) }
    }

    @Test(arguments: [RepositoryError.unavailable, .timeout, .cancelled])
    func `a change of the own database is undone with its transaction`(error: RepositoryError) async {
        await #expect(throws: error) { try await run(ProviderEffect(1), failing: error) }
    }
}
