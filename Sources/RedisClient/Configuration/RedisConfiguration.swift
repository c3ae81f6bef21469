package import Logging
import NIOCore

/// Where Redis is and how to speak with it.
package struct RedisConfiguration: Sendable, Hashable {
    /// The other end.
    package enum Endpoint: Sendable, Hashable {
        /// A host name or address, and a TCP port.
        case host(String, port: Int)
        /// The path of a Unix domain socket.
        case socket(path: String)
    }

    /// The other end; not used with sentinels.
    package var endpoint: Endpoint
    /// Who knows where the server is; nil if the endpoint is the server.
    package var sentinels: RedisSentinels?
    /// Nil for a server without authentication.
    package var credentials: RedisCredentials?
    /// The number of the logical database, 0 and up.
    package var database: Int
    /// Nil for plain TCP.
    package var tls: RedisTLS?
    /// Shown by CLIENT LIST. No spaces.
    package var clientName: String?
    /// Shared connections of a client, each on a separate event loop.
    package var connections: Int
    /// For connecting, TLS and the greeting together. Commands given before the very first connection wait this long.
    package var connectTimeout: Duration
    /// From giving a command to its reply. A client for blocking commands needs more than their longest block.
    package var commandTimeout: Duration
    /// The longest pause between two attempts to connect.
    package var maximumReconnectDelay: Duration
    /// A connection that is silent for this long is asked whether it is alive.
    package var keepAliveInterval: Duration
    /// Commands without a reply, a connection; beyond it they fail with `.overloaded`.
    package var maximumWaitingCommands: Int
    /// Bytes not yet given to the socket, a connection; beyond it commands fail with `.overloaded`.
    package var maximumBufferedBytes: Int
    /// What a reply may cost.
    package var limits: RESPLimits

    /// Makes a configuration; everything has the default of the variables.
    package init(
        endpoint: Endpoint = .host("127.0.0.1", port: 6379), credentials: RedisCredentials? = nil, database: Int = 0,
        tls: RedisTLS? = nil, clientName: String? = "arc", connections: Int = 1,
        connectTimeout: Duration = .seconds(1), commandTimeout: Duration = .seconds(1),
        maximumReconnectDelay: Duration = .seconds(1), keepAliveInterval: Duration = .seconds(10),
        maximumWaitingCommands: Int = 16_384, maximumBufferedBytes: Int = 16 << 20, limits: RESPLimits = RESPLimits(),
        sentinels: RedisSentinels? = nil
    ) {
        self.sentinels = sentinels
        self.endpoint = endpoint
        self.credentials = credentials
        self.database = database
        self.tls = tls
        self.clientName = clientName
        self.connections = connections
        self.connectTimeout = connectTimeout
        self.commandTimeout = commandTimeout
        self.maximumReconnectDelay = maximumReconnectDelay
        self.keepAliveInterval = keepAliveInterval
        self.maximumWaitingCommands = maximumWaitingCommands
        self.maximumBufferedBytes = maximumBufferedBytes
        self.limits = limits
    }

    /// The same server with another logical database (a plan cache in DB 1, for example).
    package func with(database: Int) -> RedisConfiguration {
        var copy = self
        copy.database = database
        return copy
    }

    /// The same with another server.
    func with(endpoint: Endpoint) -> RedisConfiguration {
        var copy = self
        copy.endpoint = endpoint
        return copy
    }

    /// Name for SNI and verification: nil for an address, which NIOSSL verifies against the peer's.
    var tlsServerName: String? {
        if let name = tls?.serverName { return name }
        guard case .host(let host, let port) = endpoint else { return nil }
        return (try? SocketAddress(ipAddress: host, port: port)) == nil ? host : nil
    }

    /// What a log line says about the server. No user, no password.
    package var logMetadata: Logger.Metadata {
        switch endpoint {
        case .host(let host, let port):
            ["redis.host": "\(host)", "redis.port": "\(port)", "redis.database": "\(database)"]
        case .socket(let path):
            ["redis.socket": "\(path)", "redis.database": "\(database)"]
        }
    }
}
