import Entities
package import PostgresClient
import Primitives
package import Sealing

/// Signs the ends and checkpoints of chains under the current key, if one of the keys has signed them.
package struct AuditResealing: Sendable {
    let pool: PostgresPool
    let sealer: AuditSealer

    /// What became of the signatures.
    package struct Outcome: Sendable, Hashable {
        package var signed = 0
        package var refused = 0
    }

    package init(pool: PostgresPool, sealer: AuditSealer) {
        self.pool = pool
        self.sealer = sealer
    }

    private static let chainsAtOnce: Int64 = 500

    /// Signs everything. Chains that grow meanwhile are signed by the service.
    package func run() async throws -> Outcome {
        var outcome = Outcome()
        guard let first = AuditVerification.operatorChain else { return outcome }
        var ends = try await read(AuditChainStatements.chain, [.identifier(first)])
        while let last = ends.last {
            var batch = PostgresBatch(settings: TenantScope.everyTenant)
            for chain in ends {
                sign(.head, chain.head, of: chain.chain, &batch, &outcome)
                sign(.checkpoint, chain.checkpoint, of: chain.chain, &batch, &outcome)
            }
            _ = try await pool.run(batch)
            ends = try await read(
                AuditChainStatements.chains, [.identifier(last.chain), .int64(Self.chainsAtOnce)])
        }
        return outcome
    }

    private func sign(
        _ subject: AuditSealer.Subject, _ end: AuditChainEnd?, of chain: Identifier, _ batch: inout PostgresBatch,
        _ outcome: inout Outcome
    ) {
        guard let end else { return }
        let isKnown = end.seal.map {
            sealer.accepts($0, of: subject, chain: chain, sequence: end.sequence, hash: end.hash)
        }
        guard isKnown == true else {
            outcome.refused += 1
            return
        }
        outcome.signed += 1
        batch.add(
            subject == .head ? AuditChainStatements.resealingHead : AuditChainStatements.resealingCheckpoint,
            [
                .identifier(chain), .int64(end.sequence), .text(end.hash),
                .text(sealer.seal(subject, chain: chain, sequence: end.sequence, hash: end.hash)),
            ])
    }

    private func read(_ statement: PostgresStatement, _ values: [PostgresValue]) async throws -> [AuditChainEnds] {
        try await pool.query(statement, values, settings: TenantScope.everyTenant, as: .read).rows.map {
            try AuditChainEnds($0)
        }
    }
}
