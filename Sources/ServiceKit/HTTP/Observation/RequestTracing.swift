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
        let propagators = recorder.propagators
        let parent = propagators.extract { request.headers[$0.fieldName] }
        let decision = parent == nil ? propagators.decision { request.headers[$0.fieldName] } : nil
        let name = Self.name(request.method.rawValue)
        let span: TraceSpan? =
            if parent == nil, decision == nil, request.method.isSafe {
                recorder.startIfRecorded(name, kind: .server)
            } else {
                recorder.start(
                    name, kind: .server, parent: parent?.context, traceState: parent?.state, decision: decision,
                    canJoin: true)
            }
        request.annotations.update { notes in
            notes.span = span
            notes.trace = span?.traceContext
            notes.isUnrecorded = span == nil
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
        guard let colon = host.utf8.lastIndex(of: UInt8(ascii: ":")),
            let port = Int64(host[host.utf8.index(after: colon)...])
        else { return [Attribute("server.address", .string(host))] }
        return [Attribute("server.address", .string(String(host[..<colon]))), Attribute("server.port", .integer(port))]
    }
}

extension TraceHeader {
    /// Made once: names are checked when they are made.
    fileprivate var fieldName: HTTPField.Name {
        switch self {
        case .traceparent: .traceparent
        case .tracestate: .tracestate
        case .b3: Self.b3Name
        case .b3TraceID: Self.b3TraceName
        case .b3SpanID: Self.b3SpanName
        case .b3Sampled: Self.b3SampledName
        case .b3Flags: Self.b3FlagsName
        case .uberTraceID: Self.uberName
        }
    }

    private static let b3Name = HTTPField.Name(literal: "b3")
    private static let b3TraceName = HTTPField.Name(literal: "x-b3-traceid")
    private static let b3SpanName = HTTPField.Name(literal: "x-b3-spanid")
    private static let b3SampledName = HTTPField.Name(literal: "x-b3-sampled")
    private static let b3FlagsName = HTTPField.Name(literal: "x-b3-flags")
    private static let uberName = HTTPField.Name(literal: "uber-trace-id")
}
