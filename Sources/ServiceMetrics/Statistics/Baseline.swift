/// The figures that swagger-stats keeps of a set of requests (docs/contract/protocols.md 3).
struct Baseline: Sendable, Hashable {
    /// Statuses by their hundreds.
    enum StatusClass: Int, Sendable, Hashable, CaseIterable {
        case info = 1
        case success = 2
        case redirect = 3
        case clientError = 4
        case serverError = 5

        /// Statuses outside of 100...599 do not occur; they would be errors of the server.
        init(status: Int) {
            self = StatusClass(rawValue: status / 100) ?? .serverError
        }

        var isError: Bool { self == .clientError || self == .serverError }
    }

    var responses = 0
    /// By ``StatusClass``.
    var classes = [Int](repeating: 0, count: 6)
    /// Milliseconds.
    var totalTime = 0.0
    var maximumTime = 0.0
    var totalRequestBytes = 0
    var maximumRequestBytes = 0
    var totalResponseBytes = 0
    var maximumResponseBytes = 0
    var apdexSatisfied = 0
    var apdexTolerated = 0

    func count(_ kind: StatusClass) -> Int { classes[kind.rawValue] }

    var errors: Int { count(.clientError) + count(.serverError) }

    /// Counts a response.
    /// - Parameters:
    ///   - milliseconds: Time that it took.
    ///   - apdexThreshold: Milliseconds that satisfy; four times as much is tolerated.
    mutating func finished(
        status: Int, milliseconds: Double, requestBytes: Int, responseBytes: Int, apdexThreshold: Double
    ) {
        let kind = StatusClass(status: status)
        responses += 1
        classes[kind.rawValue] += 1
        totalTime += milliseconds
        maximumTime = max(maximumTime, milliseconds)
        totalRequestBytes += requestBytes
        maximumRequestBytes = max(maximumRequestBytes, requestBytes)
        totalResponseBytes += responseBytes
        maximumResponseBytes = max(maximumResponseBytes, responseBytes)
        guard kind == .success || kind == .redirect else { return }
        if milliseconds <= apdexThreshold {
            apdexSatisfied += 1
        } else if milliseconds <= 4 * apdexThreshold {
            apdexTolerated += 1
        }
    }

    /// Adds the figures of other requests.
    mutating func add(_ other: Baseline) {
        responses += other.responses
        for index in classes.indices { classes[index] += other.classes[index] }
        totalTime += other.totalTime
        maximumTime = max(maximumTime, other.maximumTime)
        totalRequestBytes += other.totalRequestBytes
        maximumRequestBytes = max(maximumRequestBytes, other.maximumRequestBytes)
        totalResponseBytes += other.totalResponseBytes
        maximumResponseBytes = max(maximumResponseBytes, other.maximumResponseBytes)
        apdexSatisfied += other.apdexSatisfied
        apdexTolerated += other.apdexTolerated
    }

    /// From 0 to 1: the share of satisfied users, tolerated ones counting half (apdex.org).
    var apdexScore: Double {
        responses == 0 ? 0 : (Double(apdexSatisfied) + Double(apdexTolerated) / 2) / Double(responses)
    }
}
