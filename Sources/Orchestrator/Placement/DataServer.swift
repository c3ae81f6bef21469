import PostgresClient

/// A PostgreSQL server that holds tenants' data, as `DATA_SERVERS_FILE` describes it.
struct DataServer: Sendable {
    /// How much a server takes. A limit that is not set does not count.
    struct Capacity: Sendable, Hashable {
        var tenants: Int?
        var bytes: Int64?
    }

    /// The server of an installation without a file: `PROVISIONER_DB_…`.
    static let defaultName = "default"

    let name: String
    /// How the provisioner's role enters the shared database of the server.
    var configuration: PostgresConfiguration
    var capacity = Capacity()
    /// What can be asked of the server: `region`, `tier` and others, each with the values that it has.
    var labels: [String: Set<String>] = [:]
    /// Whether it takes no new tenants.
    var isDrained = false

    /// Under this address the passwords of its roles are stored.
    var address: String { "\(configuration.host):\(configuration.port)" }

    /// Whether connections to the other description would be the same ones.
    func connects(like other: DataServer) -> Bool {
        let (mine, theirs) = (configuration, other.configuration)
        return mine.host == theirs.host && mine.port == theirs.port && mine.user == theirs.user
            && mine.password == theirs.password && mine.database == theirs.database && mine.tlsMode == theirs.tlsMode
            && mine.rootCertificate == theirs.rootCertificate
            && mine.clientCertificate == theirs.clientCertificate && mine.clientKey == theirs.clientKey
            && mine.maximumConnections == theirs.maximumConnections
            && mine.connectionTimeout == theirs.connectionTimeout
    }
}
