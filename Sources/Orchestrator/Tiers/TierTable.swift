/// Which provisioner a tier has. Tiers are compared without regard to case.
struct TierTable: Sendable {
    /// A tier's provisioner.
    struct Entry: Sendable {
        /// Its name in the tiers file.
        let name: String
        let provisioner: any Provisioner
    }

    private let entries: [String: Entry]

    /// - Parameter entries: By tier, in upper case.
    init(_ entries: [String: Entry]) { self.entries = entries }

    /// The provisioner of a tier; nil for a tier that nobody has configured.
    subscript(tier: String) -> Entry? { entries[tier.uppercased()] }

    /// The tiers, sorted.
    var tiers: [String] { entries.keys.sorted() }
}
