package import Configuration
package import ConfigurationChecks

/// Bounds on what a client may make the server do.
///
/// Keys: `HTTP_MAX_BODY_BYTES` (1024...67108864, default 1048576), `HTTP_REQUEST_TIMEOUT_SECONDS` (1...600, default 30),
/// `HTTP_IDLE_TIMEOUT_SECONDS` (1...3600, default 60), `HTTP_MAX_CONNECTIONS` (1...100000, default 4096),
/// `TRUSTED_PROXIES` (IP addresses, comma separated), `CORS_ALLOWED_ORIGINS` (origins, comma separated, or `*`, the default).
package struct RequestLimits: Sendable {
    /// Largest request body, in bytes.
    package var maximumBodySize: Int
    /// Time for a client to deliver the body of a request; then the connection is closed.
    package var requestTimeout: Duration
    /// Time after which a connection on which nothing happens is closed.
    package var idleTimeout: Duration
    /// Connections served at once; further ones wait to be accepted.
    package var maximumConnections: Int
    /// Proxies whose `X-Forwarded-For` is believed.
    package var trustedProxies: Set<String>
    /// Origins that may read answers in a browser; `*` stands for all.
    package var allowedOrigins: Set<String>

    /// Makes one from its parts.
    package init(
        maximumBodySize: Int = 1 << 20, requestTimeout: Duration = .seconds(30), idleTimeout: Duration = .seconds(60),
        maximumConnections: Int = 4096, trustedProxies: Set<String> = [], allowedOrigins: Set<String> = ["*"]
    ) {
        self.maximumBodySize = maximumBodySize
        self.requestTimeout = requestTimeout
        self.idleTimeout = idleTimeout
        self.maximumConnections = maximumConnections
        self.trustedProxies = trustedProxies
        self.allowedOrigins = allowedOrigins
    }

    /// Reads the keys above.
    /// - Throws: ``ConfigurationFailure`` when a value is out of range.
    package init(reader: ConfigReader) throws(ConfigurationFailure) {
        func list(_ key: ConfigKey) -> Set<String>? {
            reader.text(key).map { Set($0.split(separator: ",").map { $0.trimmingSpaces() }) }
        }
        self.init(
            maximumBodySize: try reader.integer("http.max.body.bytes", default: 1 << 20, in: 1024...(64 << 20)),
            requestTimeout: .seconds(try reader.integer("http.request.timeout.seconds", default: 30, in: 1...600)),
            idleTimeout: .seconds(try reader.integer("http.idle.timeout.seconds", default: 60, in: 1...3600)),
            maximumConnections: try reader.integer("http.max.connections", default: 4096, in: 1...100_000),
            trustedProxies: list("trusted.proxies") ?? [],
            allowedOrigins: list("cors.allowed.origins") ?? ["*"])
    }
}
