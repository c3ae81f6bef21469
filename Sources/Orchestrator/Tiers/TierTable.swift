import Synchronization

/// Which provisioner a tier has. Tiers and plan sizes are compared without regard to case.
///
/// It can be replaced while the orchestrator runs; a step that is running keeps the provisioner that it began with.
final class TierTable: Sendable {
    /// A tier's provisioner.
    struct Entry: Sendable {
        /// Its name in the tiers file.
        let name: String
        let provisioner: any Provisioner
        /// The host that does the work; nil when this machine does.
        var host: String?
    }

    private struct Contents: Sendable {
        var entries: [String: Entry]
        /// Entries of plan sizes, by tier and size.
        var sizes: [String: [String: Entry]]
    }

    private let contents: Mutex<Contents>

    /// - Parameters:
    ///   - entries: By tier, in upper case.
    ///   - sizes: By tier and plan size, in upper case: what plans of that size have instead.
    init(_ entries: [String: Entry], sizes: [String: [String: Entry]] = [:]) {
        contents = Mutex(Contents(entries: entries, sizes: sizes))
    }

    /// Takes over what another table contains.
    func replace(by other: TierTable) {
        let new = other.contents.withLock { $0 }
        contents.withLock { $0 = new }
    }

    /// The provisioner of a tier; nil for a tier that nobody has configured.
    subscript(tier: String) -> Entry? { contents.withLock { $0.entries[tier.uppercased()] } }

    /// The provisioner of a tier for plans of a size: that of the size if it has one, else that of the tier.
    subscript(tier: String, size size: String) -> Entry? {
        contents.withLock { $0.sizes[tier.uppercased()]?[size.uppercased()] ?? $0.entries[tier.uppercased()] }
    }

    /// The tiers, sorted.
    var tiers: [String] { contents.withLock { $0.entries.keys.sorted() } }

    /// What the runs of a tier share with each other, and with those of other tiers on the same host.
    func bulkheads(of tier: String) -> [String] {
        let tier = tier.uppercased()
        let all = contents.withLock { contents in
            [contents.entries[tier]].compactMap(\.self) + (contents.sizes[tier]?.values.map(\.self) ?? [])
        }
        return ["tier:\(tier)"] + Set(all.compactMap(\.host)).sorted().map { "host:\($0)" }
    }
}
