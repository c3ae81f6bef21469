import NIOHTTP1
import Primitives
import TraceRecording

/// The span of a request to another system, by the stable semantic conventions for HTTP clients.
///
/// Its attributes name the host, never the URL: paths and queries of addresses that customers and operators configure may hold
/// secrets.
struct OutboundSpan {
    /// Nil if the trace is not recorded; the request carries it on all the same.
    private let span: TraceSpan?

    /// - Parameter request: Gets the headers that carry the trace on.
    init(within current: TraceSpan, _ request: inout OutboundRequest) {
        let method = request.method.rawValue
        if current.isRecording {
            var attributes = [Attribute("http.request.method", .string(method))]
            if let url = HTTPURL(request.url) {
                attributes.append(Attribute("server.address", .string(url.host)))
                attributes.append(Attribute("server.port", .integer(Int64(url.port ?? (url.isSecure ? 443 : 80)))))
                attributes.append(Attribute("url.scheme", .string(url.isSecure ? "https" : "http")))
            }
            span = current.child(method, kind: .client, attributes: attributes)
        } else {
            span = nil
        }
        let sender = span ?? current
        var headers = request.headers
        sender.recorder.propagators.inject(sender.traceContext, state: sender.traceState) { header, value in
            headers.replaceOrAdd(name: header.rawValue, value: value)
        }
        request.headers = headers
    }

    /// The whole answer has arrived.
    func answered(_ status: Int) {
        guard let span else { return }
        span.set("http.response.status_code", .integer(Int64(status)))
        if status >= 400 { span.fail("\(status)") }
        span.finish()
    }

    /// There was no complete answer.
    func failed(_ failure: OutboundHTTPFailure) {
        guard let span else { return }
        span.fail("no_response", message: failure.reason)
        span.finish()
    }
}
