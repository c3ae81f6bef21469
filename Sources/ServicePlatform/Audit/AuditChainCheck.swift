import Crypto
import Primitives
import Sealing

/// Follows one chain from its beginning to its end. Pure state: rows are given in the order of their numbers.
///
/// A row is compared with the hash that is stored before it, not with the one that should be there, so that one fault is one
/// finding and what follows is still verified.
struct AuditChainCheck: Sendable {
    let chain: Identifier
    private let sealer: AuditSealer
    private var last: (sequence: Int64, hash: String)
    /// The first row without content since the last erasure.
    private var emptied: AuditFinding?

    /// - Parameter checkpoint: Up to where the chain was purged; nil if it begins at its beginning.
    /// - Parameter findings: Gets what is wrong with the checkpoint.
    init(
        _ chain: Identifier, after checkpoint: AuditChainEnd?, sealer: AuditSealer, _ findings: inout [AuditFinding]
    ) {
        self.chain = chain
        self.sealer = sealer
        last = (checkpoint?.sequence ?? 0, checkpoint?.hash ?? "")
        if let checkpoint { check(.checkpoint, checkpoint, &findings) }
    }

    /// The next row.
    mutating func next(_ row: AuditChainRow, _ findings: inout [AuditFinding]) {
        let expected = last.sequence + 1
        if row.sequence < expected {
            findings.append(AuditFinding(.inserted, chain, row.sequence, row: row.id))
            return
        }
        if row.sequence > expected {
            findings.append(AuditFinding(.missing, chain, expected, through: row.sequence - 1))
        } else if row.hash != Self.hash(after: last.hash, row.item) {
            findings.append(AuditFinding(.changed, chain, row.sequence, row: row.id))
        }
        if row.isErasure { emptied = nil }
        if row.isErased, emptied == nil { emptied = AuditFinding(.emptied, chain, row.sequence, row: row.id) }
        last = (row.sequence, row.hash)
    }

    /// There are no more rows.
    /// - Parameters:
    ///   - head: Where the chain ends.
    ///   - erases: Whether a row that has no place yet says that personal data was erased.
    mutating func end(at head: AuditChainEnd?, erases: Bool, _ findings: inout [AuditFinding]) {
        if let emptied, !erases { findings.append(emptied) }
        guard let head else {
            if last.sequence > 0 { findings.append(AuditFinding(.unsigned, chain, last.sequence)) }
            return
        }
        if head.sequence > last.sequence {
            findings.append(AuditFinding(.missing, chain, last.sequence + 1, through: head.sequence))
        } else if head.sequence < last.sequence {
            findings.append(AuditFinding(.inserted, chain, head.sequence + 1, through: last.sequence))
        } else if head.hash != last.hash {
            findings.append(AuditFinding(.changed, chain, last.sequence))
        }
        check(.head, head, &findings)
    }

    /// The hash of a row.
    static func hash(after previous: String, _ item: String) -> String {
        var hasher = SHA256()
        hasher.update(data: Array(previous.utf8))
        hasher.update(data: Array(item.utf8))
        return Hex.encode(Array(hasher.finalize()))
    }

    private func check(_ subject: AuditSealer.Subject, _ end: AuditChainEnd, _ findings: inout [AuditFinding]) {
        let isSigned = end.seal.map {
            sealer.accepts($0, of: subject, chain: chain, sequence: end.sequence, hash: end.hash)
        }
        if isSigned != true { findings.append(AuditFinding(.unsigned, chain, end.sequence)) }
    }
}
