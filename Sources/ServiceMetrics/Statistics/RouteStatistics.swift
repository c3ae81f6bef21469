/// Counts by size, in the buckets of swagger-stats: not cumulative, the last one for what is beyond.
struct SizeHistogram: Sendable, Hashable {
    /// Milliseconds, or bytes.
    static let bounds = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000]

    private(set) var counts = [Int](repeating: 0, count: bounds.count + 1)
    private(set) var sum = 0.0

    var count: Int { counts.reduce(0, +) }

    mutating func add(_ value: Double) {
        let place = Self.bounds.firstIndex { value <= Double($0) } ?? Self.bounds.count
        counts[place] += 1
        sum += value
    }
}

/// The figures of the requests of one route and method.
struct RouteStatistics: Sendable, Hashable {
    var baseline = Baseline()
    var durations = SizeHistogram()
    var requestSizes = SizeHistogram()
    var responseSizes = SizeHistogram()
    /// By status.
    var codes: [Int: Int] = [:]

    mutating func add(
        status: Int, milliseconds: Double, requestBytes: Int, responseBytes: Int, apdexThreshold: Double
    ) {
        baseline.finished(
            status: status, milliseconds: milliseconds, requestBytes: requestBytes, responseBytes: responseBytes,
            apdexThreshold: apdexThreshold)
        durations.add(milliseconds)
        requestSizes.add(Double(requestBytes))
        responseSizes.add(Double(responseBytes))
        codes[status, default: 0] += 1
    }
}
