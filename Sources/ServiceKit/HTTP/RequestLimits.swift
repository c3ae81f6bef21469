package import Configuration
package import ConfigurationChecks
import Primitives

/// Bounds on what a client may make the server do.
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

    private enum Settings {
        static let headSize = Setting.integer(
            "HTTP_MAX_HEAD_BYTES", default: 80 * 1024, in: 4096...(1 << 20),
            "Largest head of a request: target and header fields")
        static let bodySize = Setting.integer(
            "HTTP_MAX_BODY_BYTES", default: 1 << 20, in: 1024...(64 << 20),
            "Largest body of a request; each free-form JSON value in a body has at most 1 MiB")
        static let headerFields = Setting.integer(
            "HTTP_MAX_HEADER_FIELDS", default: 200, in: 16...10_000,
            "Most header fields of a request; then 431. A query has at most 2048 parameters and a filter 65,536 bytes (400); JSON has at most 64 levels and two values for every five bytes of the largest body (400). Bodies are not decompressed (415)"
        )
        static let headTimeout = Setting.duration(
            "HTTP_HEAD_TIMEOUT_SECONDS", default: 10, in: 1...600,
            "Time to deliver a head, from its first byte; then 408, and the connection is closed")
        static let requestTimeout = Setting.duration(
            "HTTP_REQUEST_TIMEOUT_SECONDS", default: 30, in: 1...600,
            "Time to deliver a body; then 408, and the connection is closed")
        static let writeTimeout = Setting.duration(
            "HTTP_WRITE_TIMEOUT_SECONDS", default: 30, in: 1...3600,
            "Time in which a client must read 64 KiB of a response (or the rest of it), or its connection is closed")
        static let idleTimeout = Setting.duration(
            "HTTP_IDLE_TIMEOUT_SECONDS", default: 60, in: 1...3600, "Time after which idle connections are closed")
        static let connections = Setting.integer(
            "HTTP_MAX_CONNECTIONS", default: 4096, in: 1...100_000,
            "Connections at the same time. At the limit, a new connection replaces the one that has waited longest for a request. The process raises its limit on open files as far as it may; a limit that is still too low is logged and lowers this value"
        )
        static let connectionsPerAddress = Setting.integer(
            "HTTP_MAX_CONNECTIONS_PER_ADDRESS", default: 1024, in: 1...100_000,
            "Connections at the same time from one IPv4 address or IPv6 /64 (trusted proxies are not limited by address)"
        )
        static let unsent = Setting.integer(
            "HTTP_MAX_UNSENT_BYTES", default: 256 << 20, in: (1 << 20)...(64 << 30),
            "Bytes of responses that clients have not read yet; above it, the connections that have been stalled longest are closed"
        )
        static let unsentPerConnection = Setting.integer(
            "HTTP_MAX_UNSENT_BYTES_PER_CONNECTION", default: 64 << 20, in: (64 << 10)...(64 << 30),
            "The same of one client that has read nothing for 5 seconds")
        static let proxies = Setting<Set<ClientAddress>>.parsed(
            "TRUSTED_PROXIES", default: [], unset: nil, values: "IP addresses, separated by commas",
            "The proxies in front of the service; their `X-Forwarded-For` is trusted. List your load balancers, or all their clients count as one client"
        ) { text in
            let addresses = list(text).map { ClientAddress($0) }
            return addresses.contains { $0 == nil } ? nil : Set(addresses.compactMap(\.self))
        }
        static let origins = Setting<Set<String>>.parsed(
            "CORS_ALLOWED_ORIGINS", default: ["*"], unset: "*", values: "origins, separated by commas, or *",
            "Whose pages may read responses", isLiteral: true
        ) { Set(list($0)) }

        private static func list(_ text: String) -> [String] { text.split(separator: ",").map { $0.trimmingSpaces() } }
    }

    package static let configurationKeys = ConfigurationKeys(
        "requests and connections",
        [
            Settings.headSize, Settings.bodySize, Settings.headerFields, Settings.headTimeout, Settings.requestTimeout,
            Settings.writeTimeout, Settings.idleTimeout, Settings.connections, Settings.connectionsPerAddress,
            Settings.unsent, Settings.unsentPerConnection, Settings.proxies, Settings.origins,
        ])

    /// Reads the settings.
    /// - Throws: ``ConfigurationFailure`` when a value is out of range.
    package init(reader: ConfigReader) throws(ConfigurationFailure) {
        self.init(
            maximumHeadSize: try reader.value(Settings.headSize),
            maximumHeaderFields: try reader.value(Settings.headerFields),
            maximumBodySize: try reader.value(Settings.bodySize),
            headTimeout: try reader.value(Settings.headTimeout),
            requestTimeout: try reader.value(Settings.requestTimeout),
            writeTimeout: try reader.value(Settings.writeTimeout),
            idleTimeout: try reader.value(Settings.idleTimeout),
            maximumConnections: try reader.value(Settings.connections),
            maximumConnectionsPerAddress: try reader.value(Settings.connectionsPerAddress),
            maximumUnsentBytes: try reader.value(Settings.unsent),
            maximumUnsentBytesPerConnection: try reader.value(Settings.unsentPerConnection),
            trustedProxies: try reader.value(Settings.proxies),
            allowedOrigins: try reader.value(Settings.origins))
    }
}
