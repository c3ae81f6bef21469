import Synchronization

/// The formats that Prometheus reads.
package enum ExpositionFormat: Sendable, Hashable {
    /// Text format 0.0.4.
    case text
    /// OpenMetrics 1.0.0, for clients that ask for it.
    case openMetrics

    package var mediaType: String {
        switch self {
        case .text: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }

    /// The format for an `Accept` header. Prometheus lists OpenMetrics first; what nobody asks for by name is text.
    package init(accept: String?) {
        let types = (accept ?? "").split(separator: ",").map { $0.prefix { $0 != ";" } }
        let names = types.map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
        self = names.contains("application/openmetrics-text") ? .openMetrics : .text
    }
}

extension MetricsRegistry {
    /// How long a scrape waits for sources. Prometheus gives up after ten seconds unless it is told otherwise.
    private static let patience = Duration.seconds(3)
    private static let chunkSize = 16_384

    /// Writes all values, piece by piece: a scrape needs memory for one metric, not for all of them.
    package func write(
        _ format: ExpositionFormat, to output: ([UInt8]) async throws -> Void
    ) async throws {
        let samples = await readSources()
        var text = ExpositionText(format: format)
        for name in descriptions.keys.sorted() {
            guard let description = descriptions[name] else { continue }
            text.append(description, series: series(of: name), samples: samples[name] ?? [])
            if text.bytes.count >= Self.chunkSize {
                try await output(text.bytes)
                text.bytes.removeAll(keepingCapacity: true)
            }
        }
        text.appendEnd()
        try await output(text.bytes)
    }

    /// All samples of all sources, by metric.
    private func readSources() async -> [String: [MetricSample]] {
        let readers = sources
        let deadline = ContinuousClock.now.advanced(by: Self.patience)
        for reader in readers { reader.refresh() }
        for reader in readers {
            guard let running = reader.running else { continue }
            await Self.wait(for: running, until: deadline)
        }
        var samples: [String: [MetricSample]] = [:]
        for reader in readers {
            let reading = reader.reading()
            for sample in reading.samples { samples[sample.name, default: []].append(sample) }
            let label = [("source", reader.source.name)]
            samples[Self.sourceUp.name, default: []].append(
                MetricSample(Self.sourceUp.name, reading.isUp ? 1 : 0, labels: label))
            if let age = reading.age {
                let seconds = Double(age.components.seconds) + Double(age.components.attoseconds) * 1e-18
                samples[Self.sourceAge.name, default: []].append(
                    MetricSample(Self.sourceAge.name, seconds, labels: label))
            }
        }
        samples[Self.seriesDropped.name] = [MetricSample(Self.seriesDropped.name, droppedSeries)]
        return samples
    }

    /// Waits until a task has ended, but not longer than until the deadline. The task goes on.
    private static func wait(for task: Task<Void, Never>, until deadline: ContinuousClock.Instant) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let waiter = OneWaiter(continuation)
            Task {
                await task.value
                waiter.resume()
            }
            Task {
                try? await Task.sleep(until: deadline, clock: .continuous)
                waiter.resume()
            }
        }
    }

    /// The metrics of the registry itself.
    package static let ownMetrics = [sourceUp, sourceAge, seriesDropped]

    private static let sourceUp = MetricDescription(
        "arc_metrics_source_up", .gauge, labels: ["source"],
        "1 if the values of this source could be read, 0 if they are missing or old")
    private static let sourceAge = MetricDescription(
        "arc_metrics_source_age_seconds", .gauge, labels: ["source"],
        "Age of the values of this source")
    private static let seriesDropped = MetricDescription(
        "arc_metrics_series_dropped_total", .counter,
        "Series that were ignored because their metric has too many combinations of labels")
}

/// A task that waits, resumed by whoever is first.
private final class OneWaiter: Sendable {
    private let continuation: Mutex<CheckedContinuation<Void, Never>?>

    init(_ continuation: CheckedContinuation<Void, Never>) { self.continuation = Mutex(continuation) }

    func resume() {
        let waiting = continuation.withLock { continuation in
            defer { continuation = nil }
            return continuation
        }
        waiting?.resume()
    }
}
