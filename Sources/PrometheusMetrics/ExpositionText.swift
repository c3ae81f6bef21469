/// The text of metrics as it grows.
struct ExpositionText {
    let format: ExpositionFormat
    var bytes: [UInt8] = []

    init(format: ExpositionFormat) {
        self.format = format
        bytes.reserveCapacity(32_768)
    }

    /// Appends a metric with all of its values; nothing if it has none.
    mutating func append(
        _ description: MetricDescription, series: [(labels: String, series: MetricsRegistry.Series)],
        samples: [MetricSample]
    ) {
        guard !series.isEmpty || !samples.isEmpty else { return }
        appendHead(description)
        for (labels, series) in series {
            switch series {
            case .counter(let counter): appendLine(description.name, labels, Double(counter.value))
            case .gauge(let gauge): appendLine(description.name, labels, gauge.value)
            case .histogram(let histogram): append(description, labels, histogram.snapshot)
            }
        }
        for sample in samples { appendLine(description.name, LabelText.text(sample.labels), sample.value) }
    }

    /// OpenMetrics ends with a line, so that a text that was cut off is recognized.
    mutating func appendEnd() {
        if format == .openMetrics { append("# EOF\n") }
    }

    private mutating func appendHead(_ description: MetricDescription) {
        var name = description.name
        // In OpenMetrics, the suffix belongs to the samples.
        if format == .openMetrics, description.kind == .counter, name.hasSuffix("_total") {
            name.removeLast("_total".count)
        }
        append("# HELP \(name) \(help(description))\n# TYPE \(name) \(description.kind.rawValue)\n")
    }

    private func help(_ description: MetricDescription) -> String {
        let text = description.scope == .system ? "\(description.help) (of the whole system)" : description.help
        return text.replacing("\\", with: "\\\\").replacing("\n", with: " ")
    }

    private mutating func append(
        _ description: MetricDescription, _ labels: String, _ snapshot: HistogramSeries.Snapshot
    ) {
        let prefix = labels.isEmpty ? "" : labels + ","
        for (index, count) in snapshot.cumulative.enumerated() {
            let bound = index < description.buckets.count ? Self.number(description.buckets[index]) : "+Inf"
            appendLine("\(description.name)_bucket", "\(prefix)le=\"\(bound)\"", Double(count))
        }
        appendLine("\(description.name)_sum", labels, snapshot.sum)
        appendLine("\(description.name)_count", labels, Double(snapshot.cumulative.last ?? 0))
    }

    private mutating func appendLine(_ name: String, _ labels: String, _ value: Double) {
        append(name)
        if !labels.isEmpty {
            append("{")
            append(labels)
            append("}")
        }
        append(" ")
        append(Self.number(value))
        append("\n")
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// As Go's `ParseFloat` reads it.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), abs(value) < 9e15 { return String(Int64(value)) }
        return "\(value)"
    }
}
