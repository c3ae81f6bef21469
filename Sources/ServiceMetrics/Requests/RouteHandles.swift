import CoreMetrics
import ServiceKit
import Synchronization

/// The handles for the requests of one route.
final class RouteHandles: Sendable {
    private final class Slot: Sendable {
        let counter = AtomicLazyReference<Counter>()
    }

    private let method: String
    private let route: String
    private let factory: any MetricsFactory
    private let duration: Timer
    private let requestSize: Recorder
    private let responseSize: Recorder
    private let statuses: [Slot]

    /// The statuses that the services use. Others are counted by their hundreds.
    private static let known = [
        200, 201, 202, 204, 206, 302, 303, 304, 400, 401, 403, 404, 405, 406, 408, 409, 410, 412, 413, 414, 415, 417,
        422,
        423, 425, 428, 429, 431, 500, 501, 502, 503, 504,
    ]
    private static let names = known.map { String($0) } + ["1xx", "2xx", "3xx", "4xx", "5xx"]
    /// By status: the position of its name.
    private static let places: [UInt8] = (0..<600).map { status in
        let place = known.firstIndex(of: status) ?? known.count + max(0, status / 100 - 1)
        return UInt8(place)
    }

    init(method: String, route: String, factory: any MetricsFactory) {
        self.method = method
        self.route = route
        self.factory = factory
        let labels = [("method", method), ("route", route)]
        duration = Timer(label: "arc_http_request_duration_seconds", dimensions: labels, factory: factory)
        requestSize = Recorder(
            label: "arc_http_request_size_bytes", dimensions: labels, aggregate: true, factory: factory)
        responseSize = Recorder(
            label: "arc_http_response_size_bytes", dimensions: labels, aggregate: true, factory: factory)
        statuses = Self.names.map { _ in Slot() }
    }

    func record(_ request: FinishedRequest) {
        counter(of: request.status).increment()
        duration.recordNanoseconds(request.durationNanoseconds)
        requestSize.record(request.requestBytes)
        responseSize.record(request.responseBytes)
    }

    private func counter(of status: Int) -> Counter {
        let place = Int(Self.places[min(max(status, 100), 599)])
        if let counter = statuses[place].counter.load() { return counter }
        let labels = [("method", method), ("route", route), ("status", Self.names[place])]
        return statuses[place].counter.storeIfNil(
            Counter(label: "arc_http_requests_total", dimensions: labels, factory: factory))
    }
}
