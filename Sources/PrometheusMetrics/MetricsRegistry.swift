package import CoreMetrics
package import Logging
import Synchronization

/// A backend of swift-metrics that keeps the values in memory and shows them as Prometheus reads them.
///
/// - Only described metrics are kept, so that whatever is shown is documented. Others are ignored and logged once.
/// - A metric has at most ``maximumSeries`` combinations of labels. Further ones are ignored and counted, so that a mistake in
///   a label cannot fill the memory of the process, or of Prometheus.
/// - The handles that libraries get are lock-free. The lock is taken when a handle is made and when values are read.
package final class MetricsRegistry: MetricsFactory {
    enum Series: Sendable {
        case counter(CounterSeries)
        case gauge(GaugeSeries)
        case histogram(HistogramSeries)
    }

    private struct State {
        /// By metric and labels as they are shown.
        var series: [String: [String: Series]] = [:]
        var ignored: Set<String> = []
        var dropped = 0
    }

    /// The most series of one metric.
    package static let maximumSeries = 5000

    /// By name.
    package let descriptions: [String: MetricDescription]
    private let state = Mutex(State())
    private let readers: Mutex<[SourceReader]> = Mutex([])
    private let logger: Logger

    /// - Parameter descriptions: All metrics, each once.
    package init(_ descriptions: [MetricDescription], logger: Logger) {
        self.descriptions = Dictionary(descriptions.map { ($0.name, $0) }) { first, _ in first }
        self.logger = logger
    }

    /// Adds values that are read when they are asked for.
    package func add(_ sources: [MetricSource]) {
        readers.withLock { $0 += sources.map { SourceReader($0) } }
    }

    /// Forgets these values. What reads them refers to parts of the service, and those to the registry in which they count.
    package func removeSources() {
        // Released outside the lock, as parts may end with them.
        let removed = readers.withLock { readers in
            defer { readers = [] }
            return readers
        }
        _ = removed
    }

    var sources: [SourceReader] { readers.withLock { $0 } }

    /// How many series were ignored because their metric has too many.
    var droppedSeries: Int { state.withLock { $0.dropped } }

    /// The series of a metric, by their labels.
    func series(of name: String) -> [(labels: String, series: Series)] {
        let series = state.withLock { $0.series[name] ?? [:] }
        return series.map { (labels: $0.key, series: $0.value) }.sorted { $0.labels < $1.labels }
    }

    // MARK: MetricsFactory

    /// The counter with these labels.
    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        let made = make(label, dimensions, .counter) { _ in .counter(CounterSeries()) }
        if case .counter(let series) = made { return series }
        return NOOPMetricsHandler.instance
    }

    /// The gauge with these labels.
    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions) ?? NOOPMetricsHandler.instance
    }

    /// The histogram, or gauge, with these labels.
    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        guard aggregate else { return gauge(label, dimensions) ?? NOOPMetricsHandler.instance }
        return histogram(label, dimensions, unitsInOne: 1) ?? NOOPMetricsHandler.instance
    }

    /// The histogram of durations with these labels.
    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions, unitsInOne: 1e9) ?? NOOPMetricsHandler.instance
    }

    /// Counters and histograms keep what they have counted: a destroyed one would look like a restart of the process.
    package func destroyCounter(_ handler: any CounterHandler) {}
    /// See ``destroyCounter(_:)``.
    package func destroyMeter(_ handler: any MeterHandler) {}
    /// See ``destroyCounter(_:)``.
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    /// See ``destroyCounter(_:)``.
    package func destroyTimer(_ handler: any TimerHandler) {}

    private func gauge(_ name: String, _ labels: [(String, String)]) -> GaugeSeries? {
        guard case .gauge(let series) = make(name, labels, .gauge, { _ in .gauge(GaugeSeries()) }) else { return nil }
        return series
    }

    private func histogram(_ name: String, _ labels: [(String, String)], unitsInOne: Double) -> HistogramSeries? {
        let made = make(name, labels, .histogram) { description in
            .histogram(HistogramSeries(bounds: description.buckets, unitsInOne: unitsInOne))
        }
        guard case .histogram(let series) = made else { return nil }
        return series
    }

    /// The series with these labels; nil if it is not kept.
    private func make(
        _ name: String, _ labels: [(String, String)], _ kind: MetricDescription.Kind,
        _ new: (MetricDescription) -> Series
    ) -> Series? {
        guard let description = descriptions[name], description.kind == kind,
            labels.map({ $0.0 }).sorted() == description.labels.sorted()
        else {
            let isFirst = state.withLock { $0.ignored.insert(name).inserted }
            if isFirst { logger.warning("metric without a matching description", metadata: ["name": "\(name)"]) }
            return nil
        }
        let text = LabelText.text(labels)
        return state.withLock { state -> Series? in
            if let series = state.series[name]?[text] { return series }
            guard state.series[name]?.count ?? 0 < Self.maximumSeries else {
                state.dropped += 1
                return nil
            }
            let series = new(description)
            state.series[name, default: [:]][text] = series
            return series
        }
    }
}
