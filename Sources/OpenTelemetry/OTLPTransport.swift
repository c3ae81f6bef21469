import NIOHTTP1
package import OutboundHTTP
package import Primitives

/// OTLP over HTTP (OpenTelemetry Protocol 1, "OTLP/HTTP").
package struct OTLPTransport: TraceTransport {
    private let endpoint: OTLPEndpoint
    private let client: OutboundHTTPClient

    package static let userAgent = "OTel-OTLP-Exporter-Swift-arc/\(ProgramVersion.current)"

    /// - Parameter client: Sends the requests; closed with this transport.
    package init(_ endpoint: OTLPEndpoint, client: OutboundHTTPClient) {
        self.endpoint = endpoint
        self.client = client
    }

    /// Sends a batch once. No redirects are followed.
    package func send(_ request: TraceExportRequest, timeout: Duration, now: Timestamp) async -> ExportOutcome {
        guard timeout > .zero else { return .unavailable("the time for the export is over", retryAfter: nil) }
        var body = endpoint.encoding == .json ? request.json() : request.protobuf()
        var headers: HTTPHeaders = ["content-type": endpoint.encoding.mediaType]
        if endpoint.isCompressed, let compressed = Gzip.compress(body) {
            body = compressed
            headers.add(name: "content-encoding", value: "gzip")
        }
        for header in endpoint.headers { headers.replaceOrAdd(name: header.name, value: header.value) }
        do {
            let answer = try await client.send(
                OutboundRequest(.POST, endpoint.url, headers: headers, body: body), timeout: timeout)
            if answer.isSuccess { return .accepted(TraceExportResponse(answer.body, as: endpoint.encoding)) }
            let reason = "the receiver answered \(answer.status)"
            switch answer.status {
            case 429, 502, 503, 504: return .unavailable(reason, retryAfter: answer.retryAfter(now: now))
            default: return .refused(reason)
            }
        } catch {
            return .unavailable(error.reason, retryAfter: nil)
        }
    }

    /// Closes connections.
    package func shutdown() async { await client.shutdown() }
}

/// Where batches are sent to, and in which form.
package struct OTLPEndpoint: Sendable, Hashable {
    /// A header of each request. The value may be a secret.
    package struct Header: Sendable, Hashable {
        package let name: String
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// With the path.
    package let url: String
    package let encoding: OTLPEncoding
    package let isCompressed: Bool
    package let headers: [Header]

    package init(
        url: String, encoding: OTLPEncoding = .protobuf, isCompressed: Bool = false, headers: [Header] = []
    ) {
        self.url = url
        self.encoding = encoding
        self.isCompressed = isCompressed
        self.headers = headers
    }
}
