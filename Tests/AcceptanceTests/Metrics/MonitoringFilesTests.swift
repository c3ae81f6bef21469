import Foundation
import JSONCoding
import PrometheusMetrics
import ServiceMetrics
import TestSupport
import Testing

/// The files that whoever runs the services gives to Prometheus and Grafana.
@Suite(.timeLimit(.minutes(20))) struct MonitoringFilesTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../..").standardized
    private static let prometheus = root.appendingPathComponent("deploy/prometheus")

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    /// The metrics that a text names, without the suffixes of histograms.
    private static func metrics(in text: String) -> Set<String> {
        Set(
            text.matches(of: /\b(?:arc|process)_[a-z_]+/).map { match in
                var name = String(match.0)
                for suffix in ["_bucket", "_sum", "_count"] where name.hasSuffix(suffix) {
                    let base = String(name.dropLast(suffix.count))
                    if MetricCatalog.all.contains(where: { $0.name == base && $0.kind == .histogram }) { name = base }
                }
                return name
            })
    }

    private static let documented = Set(MetricCatalog.all.map(\.name))

    @Test func `promtool accepts the configuration and the alerts, and each alert fires when it should`() async throws {
        for arguments in [
            ["check", "config", "prometheus.yml"], ["check", "rules", "arc-alerts.yml"],
            ["test", "rules", "arc-alerts.test.yml"],
        ] {
            let outcome = try await TestCommand.outcome(of: ["promtool"] + arguments, in: Self.prometheus)
            #expect(outcome.status == 0, "\(arguments): \(outcome.output)\(outcome.errors)")
        }
    }

    @Test func `every alert is tested, and documented`() throws {
        let alerts = try Self.text("deploy/prometheus/arc-alerts.yml").matches(of: /- alert: (\w+)/).map {
            String($0.1)
        }
        let tests = try Self.text("deploy/prometheus/arc-alerts.test.yml")
        let document = try Self.text("docs/operations.md")
        #expect(alerts.count > 15)
        for alert in alerts {
            #expect(
                tests.contains("alertname: \(alert)\n        exp_alerts:\n"), "\(alert) has no test in which it fires")
            #expect(document.contains("| `\(alert)` |"), "docs/operations.md lacks \(alert)")
        }
    }

    @Test func `alerts and dashboard name metrics that exist`() throws {
        for path in ["deploy/prometheus/arc-alerts.yml", "deploy/prometheus/arc-alerts.test.yml"] {
            #expect(Self.metrics(in: try Self.text(path)).subtracting(Self.documented) == [], "\(path)")
        }
        let dashboard = try JSONValue.parse(Array(try Self.text("deploy/grafana/arc-services.json").utf8))
        var named: Set<String> = []
        var expressions = 0
        for panel in try #require(dashboard["panels"]?.arrayValue) {
            for target in panel["targets"]?.arrayValue ?? [] {
                named.formUnion(Self.metrics(in: try #require(target["expr"]?.stringValue)))
                expressions += 1
            }
        }
        #expect(expressions > 50)
        #expect(named.subtracting(Self.documented) == [])
        // What is measured is shown.
        let hidden = Self.documented.subtracting(named).subtracting([
            "arc_build_info", "arc_metrics_source_age_seconds", "arc_metrics_series_dropped_total", "process_max_fds",
            "process_virtual_memory_bytes",
        ])
        #expect(hidden == [])
    }

    @Test func `the document lists every metric as the services describe it`() throws {
        let document = try Self.text("docs/metrics.md")
        let rows = MetricCatalog.sections.flatMap { section in
            ["### \(section.title)"] + section.metrics.map(Self.row)
        }
        let missing = rows.filter { !document.contains($0 + "\n") }
        #expect(missing == [], "docs/metrics.md needs these lines")
        let list = try #require(document.components(separatedBy: "## Every metric\n").last)
        let listed = list.split(separator: "\n").filter { $0.hasPrefix("| `") }
        #expect(listed.count == MetricCatalog.all.count)
        #expect(Set(MetricCatalog.all.map(\.name)).count == MetricCatalog.all.count)
    }

    private static func row(_ metric: MetricDescription) -> String {
        let labels = metric.labels.map { "`\($0)`" }.joined(separator: ", ")
        return "| `\(metric.name)` | \(metric.kind.rawValue) | \(metric.scope.rawValue) | \(labels) | \(metric.help) |"
    }

    @Test func `names follow the conventions of Prometheus`() {
        for metric in MetricCatalog.all {
            #expect(metric.name.wholeMatch(of: /[a-z][a-z_]*[a-z]/) != nil, "\(metric.name)")
            #expect((metric.kind == .counter) == metric.name.hasSuffix("_total"), "\(metric.name)")
            #expect(metric.kind != .histogram || metric.buckets == metric.buckets.sorted(), "\(metric.name)")
            #expect(!metric.help.hasSuffix(".") && !metric.help.contains("|"), "\(metric.name)")
        }
    }
}
