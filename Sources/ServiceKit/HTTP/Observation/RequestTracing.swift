import HTTPTypes
import Primitives
import TraceRecording

/// Makes the span of each request, by the stable semantic conventions for HTTP servers.
///
/// Attributes have no personal data and no secrets: no query, no headers but the name of the host, no address of the client unless
/// an operator wants it, and of the path only what cannot be anything else than names and identifiers.
struct RequestTracing: RequestObserver {
    let recorder: SpanRecorder
    /// How much of a client's address is recorded.
    let addresses: ClientAddressDetail

    func began(_ request: StartedRequest) {
        let parent = request.headers[.traceparent].flatMap { TraceContext($0) }
        // Without a valid parent, a state has no meaning.
        let state = parent == nil ? nil : request.headers[.tracestate].flatMap { TraceState.checked($0) }
        let span = recorder.start(
            Self.name(request.method.rawValue), kind: .server, parent: parent, traceState: state, canJoin: true)
        request.annotations.update { notes in
            notes.span = span
            notes.trace = span.traceContext
        }
    }

    func finished(_ request: FinishedRequest) {
        guard let span = request.notes.span else { return }
        guard span.isRecording else { return span.finish() }
        let method = Self.name(request.method)
        span.finish(
            as: request.route.map { "\(method) \($0)" } ?? method, attributes: attributes(of: request),
            failure: request.status >= 500 ? "\(request.status)" : nil)
    }

    private func attributes(of request: FinishedRequest) -> [Attribute] {
        let method = Self.name(request.method)
        var attributes: [Attribute] = []
        attributes.reserveCapacity(12)
        attributes.append(Attribute("http.request.method", .string(method == "HTTP" ? "_OTHER" : method)))
        if let route = request.route { attributes.append(Attribute("http.route", .string(route))) }
        attributes.append(Attribute("url.path", .string(LoggablePath.text(request.path, route: request.route))))
        attributes.append(Attribute("url.scheme", .string("http")))
        attributes.append(Attribute("http.response.status_code", .integer(Int64(request.status))))
        attributes.append(Attribute("network.protocol.version", .string("1.1")))
        attributes.append(Attribute("arc.request.id", .string(request.notes.requestID)))
        if let host = request.host { attributes.append(contentsOf: Self.server(host)) }
        if let tenant = request.notes.tenantID {
            attributes.append(Attribute("arc.tenant.id", .string(tenant.description)))
        }
        if let address = addresses.text(of: request.remoteAddress) {
            attributes.append(Attribute("client.address", .string(address)))
        }
        return attributes
    }

    /// Names of spans are of a limited number, whatever clients send.
    private static func name(_ method: String) -> String {
        switch method {
        case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT": method
        default: "HTTP"
        }
    }

    /// The name and the port by which the client has called this service.
    private static func server(_ host: String) -> [Attribute] {
        guard let colon = host.lastIndex(of: ":"), !host[colon...].contains("]"),
            let port = Int64(host[host.index(after: colon)...])
        else { return [Attribute("server.address", .string(host))] }
        return [Attribute("server.address", .string(String(host[..<colon]))), Attribute("server.port", .integer(port))]
    }
}
