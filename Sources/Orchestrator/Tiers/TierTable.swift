/// Which provisioner a tier has. Tiers are compared without regard to case.
struct TierTable: Sendable {
    /// A tier's provisioner.
    struct Entry: Sendable {
        /// Its name in the tiers file.
        let name: String
        let provisioner: any Provisioner
        /// The host that does the work; nil when this machine does.
        var host: String?
    }

    private let entries: [String: Entry]

    /// - Parameter entries: By tier, in upper case.
    init(_ entries: [String: Entry]) { self.entries = entries }

    /// The provisioner of a tier; nil for a tier that nobody has configured.
    subscript(tier: String) -> Entry? { entries[tier.uppercased()] }

    /// The tiers, sorted.
    var tiers: [String] { entries.keys.sorted() }

    /// What the runs of a tier share with each other, and with those of other tiers on the same host.
    func bulkheads(of tier: String) -> [String] {
        let tier = tier.uppercased()
        return ["tier:\(tier)"] + (entries[tier]?.host.map { ["host:\($0)"] } ?? [])
    }
}
