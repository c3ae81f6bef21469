import Entities
import PostgresClient
import Primitives
import Sealing

/// SQL of what the service does with the rows of its audit log.
struct AuditRepository: Sendable {
    let pool: PostgresPool
    let sealer: AuditSealer

    /// Most rows that get their places in one transaction.
    static let chainSize: Int64 = 1000

    /// Moves the oldest pending rows into their chains, and signs the new ends.
    /// - Parameter claim: The claim on the work; without it, nothing is moved.
    /// - Returns: How many there were.
    func chain(_ claim: Identifier) async throws -> Int64 {
        try await pool.withTransaction(settings: TenantScope.everyTenant) {
            (transaction: PostgresTransaction) async throws -> Int64 in
            let heads = try await transaction.query(
                Self.chaining, [.identifier(claim), .int64(Self.chainSize)]
            ).rows
            guard !heads.isEmpty else { return 0 }
            var chains: [Identifier] = []
            var sequences: [Int64] = []
            var seals: [String] = []
            var count: Int64 = 0
            for head in heads {
                let (chain, sequence) = (try head.identifier(0), try head.int64(1))
                chains.append(chain)
                sequences.append(sequence)
                seals.append(sealer.seal(.head, chain: chain, sequence: sequence, hash: try head.text(2)))
                count += try head.int64(3)
            }
            _ = try await transaction.query(
                Self.sealing, [.identifierArray(chains), .int64Array(sequences), .textArray(seals)])
            return count
        }
    }

    /// When the oldest pending row was recorded; nil if there is none.
    func oldestPending() async throws(PostgresError) -> Timestamp? {
        try await pool.query(Self.lagging, settings: TenantScope.everyTenant, as: .read).first?.timestamp(0)
    }

    /// Deletes the beginnings of chains, as far as rows were recorded before an instant; one batch.
    /// - Returns: How many were deleted.
    func purge(before instant: Timestamp) async throws -> Int64 {
        let ends = try await pool.query(
            Self.examining, [.timestamp(instant)], settings: TenantScope.everyTenant, as: .search
        ).rows
        guard !ends.isEmpty else { return 0 }
        var chains: [Identifier] = []
        var sequences: [Int64] = []
        var hashes: [String] = []
        var seals: [String] = []
        for end in ends {
            let (chain, sequence, hash) = (try end.identifier(0), try end.int64(1), try end.text(2))
            chains.append(chain)
            sequences.append(sequence)
            hashes.append(hash)
            seals.append(sealer.seal(.checkpoint, chain: chain, sequence: sequence, hash: hash))
        }
        return try await pool.query(
            Self.purging,
            [.identifierArray(chains), .int64Array(sequences), .textArray(hashes), .textArray(seals)],
            settings: TenantScope.everyTenant
        ).first?.int64(0) ?? 0
    }

    // MARK: Statements

    private static let chaining: PostgresStatement =
        "SELECT chain, sequence, hash, rows FROM main.chain_audit_rows($1, $2)"

    private static let sealing: PostgresStatement = "SELECT main.seal_audit_chains($1, $2, $3)"

    private static let lagging: PostgresStatement =
        "SELECT recorded_on FROM main.audit_logs WHERE NOT is_chained ORDER BY id LIMIT 1"

    private static let examining: PostgresStatement = """
        WITH oldest AS (
            SELECT chain, sequence FROM main.audit_logs WHERE is_chained AND recorded_on < $1
            ORDER BY recorded_on LIMIT 5000),
        ends AS (SELECT chain, max(sequence) AS sequence FROM oldest GROUP BY chain)
        SELECT ends.chain, ends.sequence, row.hash
        FROM ends JOIN main.audit_logs AS row
            ON row.is_chained AND row.chain = ends.chain AND row.sequence = ends.sequence
        """

    private static let purging: PostgresStatement = "SELECT main.purge_audit_rows($1, $2, $3, $4)"
}
