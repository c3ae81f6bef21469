/// Which provisioner a tier has. Tiers and plan sizes are compared without regard to case.
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
    /// Entries of plan sizes, by tier and size.
    private let sizes: [String: [String: Entry]]

    /// - Parameters:
    ///   - entries: By tier, in upper case.
    ///   - sizes: By tier and plan size, in upper case: what plans of that size have instead.
    init(_ entries: [String: Entry], sizes: [String: [String: Entry]] = [:]) {
        self.entries = entries
        self.sizes = sizes
    }

    /// The provisioner of a tier; nil for a tier that nobody has configured.
    subscript(tier: String) -> Entry? { entries[tier.uppercased()] }

    /// The provisioner of a tier for plans of a size: that of the size if it has one, else that of the tier.
    subscript(tier: String, size size: String) -> Entry? {
        sizes[tier.uppercased()]?[size.uppercased()] ?? self[tier]
    }

    /// The tiers, sorted.
    var tiers: [String] { entries.keys.sorted() }

    /// What the runs of a tier share with each other, and with those of other tiers on the same host.
    func bulkheads(of tier: String) -> [String] {
        let tier = tier.uppercased()
        let all = [entries[tier]].compactMap(\.self) + (sizes[tier]?.values.map(\.self) ?? [])
        return ["tier:\(tier)"] + Set(all.compactMap(\.host)).sorted().map { "host:\($0)" }
    }
}
