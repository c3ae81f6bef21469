import CoreMetrics
import HTTPTypes
import Primitives
import PrometheusMetrics
import ServiceKit
import Synchronization

/// Counts requests: rate, errors and duration of each route, and the tenants that cause most of them.
///
/// The handles of a route are made with its first request and found by its number afterwards. Paths never become labels, so
/// that callers cannot create series.
final class RequestMetrics: RequestObserver {
    private final class Slot: Sendable {
        let handles = AtomicLazyReference<RouteHandles>()
    }

    private struct Route: Sendable {
        let method: String
        let path: String
        let isCounted: Bool
    }

    /// What has no route is counted by its method.
    private static let methods = ["", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

    private let factory: any MetricsFactory
    private let routes: [Route]
    /// Two for each route, the second one for `HEAD`; then one for each method without a route, and one for others.
    private let slots: [Slot]
    private let callers: [CallerKind: Counter]
    private let running = Atomic<Int>(0)
    /// Requests by tenant, and those of them that failed.
    let tenants: TopKeys<Identifier>
    let failingTenants: TopKeys<Identifier>

    /// - Parameters:
    ///   - operations: All operations of the service.
    ///   - uncounted: Paths that serve metrics themselves.
    init(
        _ operations: [Operation], uncounted: Set<String>, tenantCapacity: Int, factory: any MetricsFactory
    ) {
        self.factory = factory
        routes = operations.map {
            Route(method: $0.method.rawValue, path: $0.path, isCounted: !uncounted.contains($0.path))
        }
        slots = (0..<routes.count * 2 + Self.methods.count + 1).map { _ in Slot() }
        callers = Dictionary(
            uniqueKeysWithValues: CallerKind.allCases.map { kind in
                let labels = [("caller", kind.rawValue)]
                return (kind, Counter(label: "arc_http_requests_by_caller_total", dimensions: labels, factory: factory))
            })
        tenants = TopKeys(capacity: tenantCapacity)
        failingTenants = TopKeys(capacity: tenantCapacity)
    }

    /// Requests that are being handled.
    var inFlight: Int { running.load(ordering: .relaxed) }

    func began(_ request: StartedRequest) {
        running.wrappingAdd(1, ordering: .relaxed)
    }

    func finished(_ request: FinishedRequest) {
        // A head that could not be read has not begun.
        if !request.method.isEmpty { running.wrappingSubtract(1, ordering: .relaxed) }
        if let number = request.operation, !routes[number].isCounted { return }
        handles(of: request).record(request)
        callers[request.notes.caller]?.increment()
        guard let tenant = request.notes.tenantID else { return }
        tenants.add(tenant)
        if request.status >= 400 { failingTenants.add(tenant) }
    }

    private func handles(of request: FinishedRequest) -> RouteHandles {
        let slot = slots[place(of: request)]
        if let handles = slot.handles.load() { return handles }
        let (method, route) = labels(of: request)
        return slot.handles.storeIfNil(RouteHandles(method: method, route: route, factory: factory))
    }

    private func place(of request: FinishedRequest) -> Int {
        if let number = request.operation { return number * 2 + (request.method == "HEAD" ? 1 : 0) }
        let method = Self.methods.firstIndex(of: request.method) ?? Self.methods.count
        return routes.count * 2 + method
    }

    private func labels(of request: FinishedRequest) -> (method: String, route: String) {
        if let number = request.operation {
            return (request.method == "HEAD" ? "HEAD" : routes[number].method, routes[number].path)
        }
        if request.method.isEmpty { return ("none", "unreadable") }
        let method = Self.methods.contains(request.method) ? request.method : "other"
        return (method, request.method == "OPTIONS" ? "preflight" : "unmatched")
    }
}
