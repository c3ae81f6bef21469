import Entities
package import PostgresClient
package import Primitives
package import Sealing

/// Verifies the chains of an audit log, all as of one moment, a page at a time.
package struct AuditVerification: Sendable {
    let pool: PostgresPool
    let sealer: AuditSealer

    /// What was verified.
    package struct Summary: Sendable, Hashable {
        package let rows: Int
        package let chains: Int
        package let findings: Int
        /// Rows that have no place in a chain yet.
        package let pending: Int
        /// Of a single chain: its last row, to be kept elsewhere.
        package let end: End?
    }

    /// The last row of a chain.
    package struct End: Sendable, Hashable {
        package let sequence: Int64
        package let hash: String

        package init(sequence: Int64, hash: String) {
            self.sequence = sequence
            self.hash = hash
        }
    }

    package init(pool: PostgresPool, sealer: AuditSealer) {
        self.pool = pool
        self.sealer = sealer
    }

    private static let chainsAtOnce: Int64 = 500
    private static let rowsAtOnce: Int64 = 2000
    private static let lastChain = Identifier("ffffffff-ffff-ffff-ffff-ffffffffffff")

    /// The chain of what belongs to no tenant.
    package static let operatorChain = Identifier(AuditSchema.operatorChain)

    /// Verifies.
    /// - Parameters:
    ///   - chain: The only one; nil for all.
    ///   - anchor: A row of that chain as it was noted before.
    ///   - report: Gets each finding, and now and then the number of rows so far.
    package func run(
        chain: Identifier? = nil, anchor: End? = nil, _ report: @Sendable (Progress) -> Void
    ) async throws -> Summary {
        try await pool.withTransaction(
            settings: TenantScope.everyTenant, isolation: .repeatableRead, as: .read
        ) { (transaction: PostgresTransaction) async throws -> Summary in
            let erasing = try await transaction.query(AuditChainStatements.pendingErasures).rows
            var reading = Reading(
                walk: AuditWalk(sealer: sealer, erasing: Set(try erasing.map { try $0.identifier(0) })), anchor: anchor)
            var end: End?
            if let chain {
                let ends = try await Self.ends(AuditChainStatements.chain, [.identifier(chain)], transaction)
                end = ends.first?.head.map { End(sequence: $0.sequence, hash: $0.hash) }
                try await Self.read(ends, from: chain, through: chain, transaction, &reading, report)
            } else {
                try await Self.readAll(transaction, &reading, report)
            }
            reading.finish(report)
            if let anchor = reading.anchor, let chain {
                reading.add(AuditFinding(.missing, chain, anchor.sequence), report)
            }
            let pending = try await transaction.query(AuditChainStatements.pending).first?.int(0) ?? 0
            return Summary(
                rows: reading.walk.rows, chains: reading.walk.chains, findings: reading.count, pending: pending,
                end: end)
        }
    }

    /// What `run` reports while it goes on.
    package enum Progress: Sendable {
        case finding(AuditFinding)
        case rows(Int)
    }

    // MARK: Reading

    private struct Reading {
        var walk: AuditWalk
        /// Not met yet.
        var anchor: End?
        private(set) var count = 0

        init(walk: AuditWalk, anchor: End?) {
            self.walk = walk
            self.anchor = anchor
        }

        mutating func begin(_ ends: [AuditChainEnds], _ report: (Progress) -> Void) {
            var findings: [AuditFinding] = []
            walk.begin(ends, &findings)
            for finding in findings { add(finding, report) }
        }

        mutating func next(_ row: AuditChainRow, _ report: (Progress) -> Void) {
            var findings: [AuditFinding] = []
            walk.next(row, &findings)
            if row.sequence == anchor?.sequence {
                if row.hash != anchor?.hash {
                    findings.append(AuditFinding(.changed, row.chain, row.sequence, row: row.id))
                }
                anchor = nil
            }
            for finding in findings { add(finding, report) }
            if walk.rows.isMultiple(of: 100_000) { report(.rows(walk.rows)) }
        }

        mutating func finish(_ report: (Progress) -> Void) {
            var findings: [AuditFinding] = []
            walk.finish(&findings)
            for finding in findings { add(finding, report) }
        }

        mutating func add(_ finding: AuditFinding, _ report: (Progress) -> Void) {
            count += 1
            report(.finding(finding))
        }
    }

    private static func readAll(
        _ transaction: PostgresTransaction, _ reading: inout Reading, _ report: (Progress) -> Void
    ) async throws {
        guard let first = operatorChain, let last = lastChain else { return }
        // The operator's chain has the lowest number of all.
        var ends = try await Self.ends(AuditChainStatements.chain, [.identifier(first)], transaction)
        var start = first
        while true {
            let isLast = ends.isEmpty
            try await read(ends, from: start, through: ends.last?.chain ?? last, transaction, &reading, report)
            if isLast { return }
            start = ends.last?.chain ?? last
            ends = try await Self.ends(
                AuditChainStatements.chains, [.identifier(start), .int64(chainsAtOnce)], transaction)
        }
    }

    /// Rows after those of the chain `start`, which was read before, unless it is one of these.
    private static func read(
        _ ends: [AuditChainEnds], from start: Identifier, through last: Identifier, _ transaction: PostgresTransaction,
        _ reading: inout Reading, _ report: (Progress) -> Void
    ) async throws {
        reading.begin(ends, report)
        var place = (chain: start, sequence: ends.first?.chain == start ? Int64.min : Int64.max)
        while true {
            let rows = try await transaction.query(
                AuditChainStatements.rows,
                [.identifier(place.chain), .int64(place.sequence), .identifier(last), .int64(rowsAtOnce)]
            ).rows
            for stored in rows {
                let row = try AuditChainRow(stored)
                reading.next(row, report)
                place = (row.chain, row.sequence)
            }
            if rows.count < Int(rowsAtOnce) { return }
        }
    }

    private static func ends(
        _ statement: PostgresStatement, _ values: [PostgresValue], _ transaction: PostgresTransaction
    ) async throws -> [AuditChainEnds] {
        try await transaction.query(statement, values).rows.map { try AuditChainEnds($0) }
    }
}
