/// Claims whose answers were lost: they may be valid although nobody works on them, so the store gives them back before it
/// claims again. Pure state.
package struct LostClaims<Claim: Hashable & Sendable>: Sendable {
    /// The oldest first.
    package private(set) var all: [Claim] = []

    /// A bound for memory; claims beyond it end with their leases.
    private static var maximumCount: Int { 16 }

    /// None.
    package init() {}

    /// Remembers a claim.
    package mutating func add(_ claim: Claim) {
        all.append(claim)
        if all.count > Self.maximumCount { all.removeFirst() }
    }

    /// Forgets a claim that was given back.
    package mutating func remove(_ claim: Claim) {
        all.removeAll { $0 == claim }
    }
}
