import PostgresClient
import Primitives

/// A row of a chain as its verification sees it.
struct AuditChainRow: Sendable, Hashable {
    let chain: Identifier
    let sequence: Int64
    let id: Identifier
    let hash: String
    /// What the hash covers, apart from the hash of the row before.
    let item: String
    /// Whether personal data was erased from it.
    let isErased: Bool
    /// Whether it says that personal data was erased.
    let isErasure: Bool
}

/// Where a chain ends, or where it begins after older rows were purged.
struct AuditChainEnd: Sendable, Hashable {
    let sequence: Int64
    let hash: String
    let seal: String?
}

/// A chain with its end and its beginning.
struct AuditChainEnds: Sendable, Hashable {
    let chain: Identifier
    let head: AuditChainEnd?
    let checkpoint: AuditChainEnd?
}

extension AuditChainRow {
    /// Reads what ``AuditChainStatements/rows`` returns.
    init(_ row: PostgresRow) throws(PostgresError) {
        self.init(
            chain: try row.identifier(0), sequence: try row.int64(1), id: try row.identifier(2),
            hash: try row.text(3), item: try row.text(4), isErased: try row.bool(5), isErasure: try row.bool(6))
    }
}

extension AuditChainEnds {
    /// Reads what ``AuditChainStatements/chains`` returns.
    init(_ row: PostgresRow) throws(PostgresError) {
        self.init(
            chain: try row.identifier(0), head: try AuditChainEnd(row, at: 1), checkpoint: try AuditChainEnd(row, at: 4)
        )
    }
}

extension AuditChainEnd {
    fileprivate init?(_ row: PostgresRow, at column: Int) throws(PostgresError) {
        guard let sequence = try row.int64IfPresent(column) else { return nil }
        self.init(
            sequence: sequence, hash: try row.text(column + 1), seal: try row.textIfPresent(column + 2))
    }
}
