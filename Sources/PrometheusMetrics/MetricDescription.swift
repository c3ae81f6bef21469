/// What a metric is: its name, type, labels and meaning. From it come the help texts and docs/metrics.md.
package struct MetricDescription: Sendable, Hashable {
    /// As Prometheus distinguishes them.
    package enum Kind: String, Sendable, Hashable {
        /// Only grows, and starts at 0 with the process. The name ends in `_total`.
        case counter
        /// Any value.
        case gauge
        /// Observations by size. The name ends in its unit.
        case histogram
    }

    /// Of what the value is. Values of the system are the same at every node, so they must not be summed.
    package enum Scope: String, Sendable, Hashable {
        /// Of this process.
        case node
        /// Of the whole system, as this node sees it.
        case system
    }

    /// `[a-z_]+`, with unit and, for counters, `_total`.
    package let name: String
    package let kind: Kind
    package let scope: Scope
    /// Labels beside those that the scrape adds.
    package let labels: [String]
    /// One sentence without the final period.
    package let help: String
    /// Upper bounds of the buckets of a histogram, ascending.
    package let buckets: [Double]

    package init(
        _ name: String, _ kind: Kind, scope: Scope = .node, labels: [String] = [], buckets: [Double] = [],
        _ help: String
    ) {
        self.name = name
        self.kind = kind
        self.scope = scope
        self.labels = labels
        self.buckets = kind == .histogram && buckets.isEmpty ? Self.durations : buckets
        self.help = help
    }

    /// Seconds, from half a millisecond to ten seconds: requests, statements.
    package static let durations = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
    /// Seconds, from a tenth of a second to a day: workflows, onboarding.
    package static let longDurations = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400]
    /// Bytes, from 100 to ten million.
    package static let sizes: [Double] = [100, 1000, 10_000, 100_000, 1_000_000, 10_000_000]
}
