import Primitives
import Sealing

/// Follows the chains of a log in their order. Pure state: it is given ends and rows, both sorted by chain.
struct AuditWalk: Sendable {
    private(set) var rows = 0
    private(set) var chains = 0
    private let sealer: AuditSealer
    /// The chains to which an erasure will come that has no place yet.
    private let erasing: Set<Identifier>
    private var waiting: ArraySlice<AuditChainEnds> = []
    private var current: (check: AuditChainCheck, head: AuditChainEnd?)?

    init(sealer: AuditSealer, erasing: Set<Identifier>) {
        self.sealer = sealer
        self.erasing = erasing
    }

    /// The next chains; what was before is over.
    mutating func begin(_ ends: [AuditChainEnds], _ findings: inout [AuditFinding]) {
        finish(&findings)
        waiting = ends[...]
    }

    /// The next row, of one of these chains or of one that has no end.
    mutating func next(_ row: AuditChainRow, _ findings: inout [AuditFinding]) {
        rows += 1
        if current?.check.chain != row.chain {
            finishCurrent(&findings)
            while let ends = waiting.first, ends.chain.description < row.chain.description {
                start(ends, &findings)
                finishCurrent(&findings)
            }
            if let ends = waiting.first, ends.chain == row.chain { start(ends, &findings) }
            if current == nil {
                current = (AuditChainCheck(row.chain, after: nil, sealer: sealer, &findings), nil)
                chains += 1
            }
        }
        current?.check.next(row, &findings)
    }

    /// There are no more rows of these chains.
    mutating func finish(_ findings: inout [AuditFinding]) {
        finishCurrent(&findings)
        while let ends = waiting.first {
            start(ends, &findings)
            finishCurrent(&findings)
        }
    }

    private mutating func start(_ ends: AuditChainEnds, _ findings: inout [AuditFinding]) {
        waiting = waiting.dropFirst()
        // One that was asked for by name need not exist.
        guard ends.head != nil || ends.checkpoint != nil else { return }
        chains += 1
        current = (
            AuditChainCheck(ends.chain, after: ends.checkpoint, sealer: sealer, &findings), ends.head
        )
    }

    private mutating func finishCurrent(_ findings: inout [AuditFinding]) {
        guard var ended = current else { return }
        current = nil
        ended.check.end(at: ended.head, erases: erasing.contains(ended.check.chain), &findings)
    }
}
