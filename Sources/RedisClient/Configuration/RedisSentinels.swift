package import ConfigurationChecks

/// The sentinels that know which server is the master, and how to speak with them.
package struct RedisSentinels: Sendable, Hashable {
    /// Where they are, in the order in which they are asked.
    package var addresses: [ServerAddress]
    /// The name under which they watch the master.
    package var master: String
    /// Nil for sentinels without authentication.
    package var credentials: RedisCredentials?
    /// Nil for plain TCP.
    package var tls: RedisTLS?
    /// How long a request that cannot do without Redis waits for the new master.
    package var patience: Duration

    package init(
        addresses: [ServerAddress], master: String = "mymaster", credentials: RedisCredentials? = nil,
        tls: RedisTLS? = nil, patience: Duration = .seconds(10)
    ) {
        self.addresses = addresses
        self.master = master
        self.credentials = credentials
        self.tls = tls
        self.patience = patience
    }

    /// How to speak with one of them.
    /// - Parameter configuration: That of the master, which has the limits.
    func connection(to address: ServerAddress, like configuration: RedisConfiguration) -> RedisConfiguration {
        var connection = configuration
        connection.endpoint = .host(address.host, port: address.port)
        connection.credentials = credentials
        connection.tls = tls
        connection.database = 0
        connection.connections = 1
        connection.sentinels = nil
        return connection
    }
}
