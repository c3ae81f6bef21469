package import Configuration
package import ConfigurationChecks
import Primitives

/// Bounds on what a client may make the server do.
///
/// Keys: `HTTP_MAX_HEAD_BYTES` (4096...1048576, default 81920), `HTTP_MAX_HEADER_FIELDS` (16...10000, default 200),
/// `HTTP_MAX_BODY_BYTES` (1024...67108864, default 1048576),
/// `HTTP_HEAD_TIMEOUT_SECONDS` (1...600, default 10), `HTTP_REQUEST_TIMEOUT_SECONDS` (1...600, default 30),
/// `HTTP_WRITE_TIMEOUT_SECONDS` (1...3600, default 30), `HTTP_IDLE_TIMEOUT_SECONDS` (1...3600, default 60),
/// `HTTP_MAX_CONNECTIONS` (1...100000, default 4096), `HTTP_MAX_CONNECTIONS_PER_ADDRESS` (1...100000, default 1024),
/// `HTTP_MAX_UNSENT_BYTES` (1048576...68719476736, default 268435456), `HTTP_MAX_UNSENT_BYTES_PER_CONNECTION`
/// (65536...68719476736, default 67108864), `TRUSTED_PROXIES` (IP addresses, comma separated), `CORS_ALLOWED_ORIGINS`
/// (origins, comma separated, or `*`, the default).
package struct RequestLimits: Sendable {
    /// Largest head of a request, in bytes: target and header fields together.
    package var maximumHeadSize: Int
    /// Most header fields of a request.
    package var maximumHeaderFields: Int
    /// Largest request body, in bytes.
    package var maximumBodySize: Int
    /// Time for a client to deliver the head of a request, from its first byte. Until then a connection is idle.
    package var headTimeout: Duration
    /// Time for a client to deliver the body of a request, from the end of its head.
    package var requestTimeout: Duration
    /// Time in which a client must take ``WriteWatch/minimumProgress`` of an answer, or all of it.
    package var writeTimeout: Duration
    /// Time after which a connection on which nothing happens is closed.
    package var idleTimeout: Duration
    /// Connections at once. A further one takes the place of the one that has waited longest for a request.
    package var maximumConnections: Int
    /// Connections at once from one IPv4 address or one IPv6 /64, trusted proxies excepted; see ``maximumConnections``.
    package var maximumConnectionsPerAddress: Int
    /// Bytes of answers that all clients together have not taken yet. Beyond it, the answers that have waited longest
    /// are dropped with their connections.
    package var maximumUnsentBytes: Int
    /// Bytes of answers that one client has not taken yet, if it has stopped reading.
    package var maximumUnsentBytesPerConnection: Int
    /// Proxies whose `X-Forwarded-For` is believed, and whose connections are not counted by address.
    package var trustedProxies: Set<ClientAddress>
    /// Origins that may read answers in a browser; `*` stands for all.
    package var allowedOrigins: Set<String>

    /// Makes one from its parts.
    package init(
        maximumHeadSize: Int = 80 * 1024, maximumHeaderFields: Int = 200, maximumBodySize: Int = 1 << 20,
        headTimeout: Duration = .seconds(10),
        requestTimeout: Duration = .seconds(30), writeTimeout: Duration = .seconds(30),
        idleTimeout: Duration = .seconds(60), maximumConnections: Int = 4096, maximumConnectionsPerAddress: Int = 1024,
        maximumUnsentBytes: Int = 256 << 20, maximumUnsentBytesPerConnection: Int = 64 << 20,
        trustedProxies: Set<ClientAddress> = [], allowedOrigins: Set<String> = ["*"]
    ) {
        self.maximumHeadSize = maximumHeadSize
        self.maximumHeaderFields = maximumHeaderFields
        self.maximumBodySize = maximumBodySize
        self.headTimeout = headTimeout
        self.requestTimeout = requestTimeout
        self.writeTimeout = writeTimeout
        self.idleTimeout = idleTimeout
        self.maximumConnections = maximumConnections
        self.maximumConnectionsPerAddress = maximumConnectionsPerAddress
        self.maximumUnsentBytes = maximumUnsentBytes
        self.maximumUnsentBytesPerConnection = maximumUnsentBytesPerConnection
        self.trustedProxies = trustedProxies
        self.allowedOrigins = allowedOrigins
    }

    package static let configurationKeys: ConfigurationKeys = [
        "HTTP_MAX_HEAD_BYTES", "HTTP_MAX_HEADER_FIELDS", "HTTP_MAX_BODY_BYTES", "HTTP_HEAD_TIMEOUT_SECONDS",
        "HTTP_REQUEST_TIMEOUT_SECONDS",
        "HTTP_WRITE_TIMEOUT_SECONDS", "HTTP_IDLE_TIMEOUT_SECONDS", "HTTP_MAX_CONNECTIONS",
        "HTTP_MAX_CONNECTIONS_PER_ADDRESS", "HTTP_MAX_UNSENT_BYTES", "HTTP_MAX_UNSENT_BYTES_PER_CONNECTION",
        "TRUSTED_PROXIES", "CORS_ALLOWED_ORIGINS",
    ]

    /// Reads the keys above.
    /// - Throws: ``ConfigurationFailure`` when a value is out of range.
    package init(reader: ConfigReader) throws(ConfigurationFailure) {
        func list(_ key: ConfigKey) -> Set<String>? {
            reader.text(key).map { Set($0.split(separator: ",").map { $0.trimmingSpaces() }) }
        }
        func addresses(_ key: ConfigKey) throws(ConfigurationFailure) -> Set<ClientAddress> {
            var addresses: Set<ClientAddress> = []
            for text in list(key) ?? [] {
                guard let address = ClientAddress(text) else {
                    throw ConfigurationFailure(
                        key: "TRUSTED_PROXIES", reason: "must be IP addresses, separated by commas")
                }
                addresses.insert(address)
            }
            return addresses
        }
        func seconds(_ key: ConfigKey, default value: Int, in range: ClosedRange<Int>) throws(ConfigurationFailure)
            -> Duration
        { .seconds(try reader.integer(key, default: value, in: range)) }
        self.init(
            maximumHeadSize: try reader.integer("http.max.head.bytes", default: 80 * 1024, in: 4096...(1 << 20)),
            maximumHeaderFields: try reader.integer("http.max.header.fields", default: 200, in: 16...10_000),
            maximumBodySize: try reader.integer("http.max.body.bytes", default: 1 << 20, in: 1024...(64 << 20)),
            headTimeout: try seconds("http.head.timeout.seconds", default: 10, in: 1...600),
            requestTimeout: try seconds("http.request.timeout.seconds", default: 30, in: 1...600),
            writeTimeout: try seconds("http.write.timeout.seconds", default: 30, in: 1...3600),
            idleTimeout: try seconds("http.idle.timeout.seconds", default: 60, in: 1...3600),
            maximumConnections: try reader.integer("http.max.connections", default: 4096, in: 1...100_000),
            maximumConnectionsPerAddress: try reader.integer(
                "http.max.connections.per.address", default: 1024, in: 1...100_000),
            maximumUnsentBytes: try reader.integer(
                "http.max.unsent.bytes", default: 256 << 20, in: (1 << 20)...(64 << 30)),
            maximumUnsentBytesPerConnection: try reader.integer(
                "http.max.unsent.bytes.per.connection", default: 64 << 20, in: (64 << 10)...(64 << 30)),
            trustedProxies: try addresses("trusted.proxies"),
            allowedOrigins: list("cors.allowed.origins") ?? ["*"])
    }
}
