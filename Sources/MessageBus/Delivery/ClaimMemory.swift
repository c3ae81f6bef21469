import Primitives

/// What a process that claims from lanes remembers between two claims. Pure state.
///
/// A claim takes the first events of lanes in order of the lanes' keys. After a claim that found as much as it asked
/// for, the next one goes on behind the last lane, so that each lane has its turn, however much waits in another.
struct ClaimMemory<Key: Sendable>: Sendable {
    /// The lane behind which the next claim begins; nil for the first.
    var cursor: Key?
    /// Claims whose answer was lost: they may be valid, and nobody works on them.
    private(set) var lost: [Identifier] = []

    /// Those of the longest outage; older ones end with their lease.
    private static var maximumLost: Int { 16 }

    mutating func lost(_ claim: Identifier) {
        lost.append(claim)
        if lost.count > Self.maximumLost { lost.removeFirst() }
    }

    mutating func released(_ claim: Identifier) {
        lost.removeAll { $0 == claim }
    }
}
