import WorkQueue

/// Moves pending rows into their chains until none is left.
struct AuditChaining: Sendable {
    let repository: AuditRepository

    /// Transactions before the work is given back, so that a process that stops does not hold it for long.
    private static let rounds = 50

    func handle(_ work: AuditChainWork) async throws -> Settlement<Void> {
        for _ in 0..<Self.rounds {
            guard try await repository.chain(work.handle.claim) == AuditRepository.chainSize else { break }
        }
        return .done(())
    }

    /// Under load, the rows of half a second share a transaction.
    static let configuration = WorkerConfiguration(
        concurrency: 1, backOff: BackOff(initial: .milliseconds(500), maximum: .seconds(30)), maximumAttempts: .max,
        pollInterval: .seconds(1), linger: .milliseconds(500))
}
