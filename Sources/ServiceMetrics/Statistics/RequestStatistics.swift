import HTTPTypes
import Primitives
import PrometheusMetrics
import ServiceKit
import Synchronization

/// Keeps what swagger-stats shows: figures of each route, of the last hour by minutes, the last errors and the longest
/// requests. All of it has a bounded size.
final class RequestStatistics: RequestObserver {
    /// Milliseconds that satisfy a user.
    static let apdexThreshold = 25.0
    static let lastErrors = 100

    private final class Slot: Sendable {
        let statistics = Mutex(RouteStatistics())
    }

    /// The figures of an operation that was called.
    struct Route: Sendable {
        let method: String
        let path: String
        let operation: Operation
        let statistics: RouteStatistics
    }

    /// The figures of requests without an operation.
    struct Unrouted: Sendable {
        let method: String
        let statistics: RouteStatistics
    }

    struct Rare: Sendable {
        var lastErrors: [StoredRequest] = []
        var longest = LongestRequests()
        var notFound = SpaceSaving<String>(capacity: 100)
        var serverErrors = SpaceSaving<String>(capacity: 100)
    }

    /// Without a route, requests are counted by these methods, and others together.
    static let methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]

    let operations: [Operation]
    let startedAt: Timestamp
    let clock: any WallClock
    private let start = ContinuousClock.now
    private let uncounted: Set<Int>
    /// One for each operation, one for `HEAD` of each, and those without a route.
    private let slots: [Slot]
    private let timeline = Mutex(Timeline())
    private let rare = Mutex(Rare())
    /// The bits of the threshold of ``LongestRequests``, so that quick requests take no lock.
    private let threshold = Atomic((-1.0).bitPattern)
    private let running = Atomic(0)
    private let system = Mutex(SystemSample())

    /// - Parameters:
    ///   - operations: All operations of the service.
    ///   - uncounted: Paths that serve statistics and metrics.
    init(_ operations: [Operation], uncounted: Set<String>, clock: any WallClock) {
        self.operations = operations
        self.clock = clock
        startedAt = clock.now()
        self.uncounted = Set(operations.indices.filter { uncounted.contains(operations[$0].path) })
        slots = (0..<operations.count * 2 + Self.methods.count + 1).map { _ in Slot() }
    }

    func began(_ request: StartedRequest) { running.wrappingAdd(1, ordering: .relaxed) }

    func finished(_ request: FinishedRequest) {
        if !request.method.isEmpty { running.wrappingSubtract(1, ordering: .relaxed) }
        if let number = request.operation, uncounted.contains(number) { return }
        let milliseconds = Double(request.durationNanoseconds) / 1e6
        slots[place(of: request)].statistics.withLock {
            $0.add(
                status: request.status, milliseconds: milliseconds, requestBytes: request.requestBytes,
                responseBytes: request.responseBytes, apdexThreshold: Self.apdexThreshold)
        }
        let end = Int(request.startedAt.microseconds / 1000) + Int(milliseconds)
        timeline.withLock {
            $0.update(millisecond: end) {
                $0.baseline.finished(
                    status: request.status, milliseconds: milliseconds, requestBytes: request.requestBytes,
                    responseBytes: request.responseBytes, apdexThreshold: Self.apdexThreshold)
            }
        }
        let isLong = milliseconds > Double(bitPattern: threshold.load(ordering: .relaxed))
        if request.status >= 400 || isLong { remember(request, isLong: isLong) }
    }

    private func remember(_ request: FinishedRequest, isLong: Bool) {
        let stored = StoredRequest(request)
        rare.withLock { rare in
            if isLong {
                rare.longest.add(stored)
                threshold.store(rare.longest.threshold.bitPattern, ordering: .relaxed)
            }
            guard request.status >= 400 else { return }
            rare.lastErrors.append(stored)
            if rare.lastErrors.count > Self.lastErrors { rare.lastErrors.removeFirst() }
            if request.status == 404 { rare.notFound.add(stored.path) }
            if request.status == 500 { rare.serverErrors.add(stored.path) }
        }
    }

    private func place(of request: FinishedRequest) -> Int {
        if let number = request.operation { return number * 2 + (request.method == "HEAD" ? 1 : 0) }
        return operations.count * 2 + (Self.methods.firstIndex(of: request.method) ?? Self.methods.count)
    }

    /// Takes in the state of the process, once a second.
    func sampled(_ sample: SystemSample) {
        let now = Int(clock.now().microseconds / 1000)
        system.withLock { system in
            let maximum = max(system.maximumLag, sample.lag)
            system = sample
            system.maximumLag = maximum
        }
        timeline.withLock {
            $0.update(millisecond: now) { bucket in
                let maximum = max(bucket.system.maximumLag, sample.lag)
                bucket.system = sample
                bucket.system.maximumLag = maximum
            }
        }
    }

    // MARK: What is shown

    /// Requests that are being handled.
    var inFlight: Int { max(0, running.load(ordering: .relaxed)) }

    /// Seconds since the start, never 0.
    var uptime: Double { max(0.001, Double((ContinuousClock.now - start).microseconds) / 1e6) }

    var currentSystem: SystemSample { system.withLock { $0 } }

    var currentTimeline: Timeline { timeline.withLock { $0 } }

    var rareRequests: Rare { rare.withLock { $0 } }

    /// The figures of each operation that was called.
    var routes: [Route] {
        operations.indices.flatMap { number in
            [operations[number].method.rawValue, "HEAD"].enumerated().compactMap { offset, method -> Route? in
                let statistics = slots[number * 2 + offset].statistics.withLock { $0 }
                guard statistics.baseline.responses > 0 else { return nil }
                return Route(
                    method: method, path: operations[number].path, operation: operations[number],
                    statistics: statistics)
            }
        }
    }

    /// The figures of what had no operation, by method; the last one is of all other methods.
    var unrouted: [Unrouted] {
        (Self.methods + ["OTHER"]).enumerated().map { offset, method in
            Unrouted(method: method, statistics: slots[operations.count * 2 + offset].statistics.withLock { $0 })
        }
    }
}
