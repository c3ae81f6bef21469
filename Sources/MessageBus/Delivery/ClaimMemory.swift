import Primitives
import WorkQueue

/// What a process that claims from lanes remembers between two claims. Pure state.
///
/// A claim takes the first events of lanes in order of the lanes' keys. After a claim that found as much as it asked
/// for, the next one goes on behind the last lane, so that each lane has its turn, however much waits in another.
struct ClaimMemory<Key: Sendable>: Sendable {
    /// The lane behind which the next claim begins; nil for the first.
    var cursor: Key?
    var lost = LostClaims<LaneClaim>()
}

/// A claim on runs of events.
struct LaneClaim: Hashable, Sendable {
    let id: Identifier
    /// Most events of a lane under it.
    let runLength: Int
}
