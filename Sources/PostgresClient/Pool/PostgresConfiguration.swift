package import ConfigurationChecks

/// How to reach a database and how to treat its connections.
///
/// The password shows in no description and no mirror.
package struct PostgresConfiguration: Sendable {
    /// How a connection is protected; libpq's `sslmode`.
    package enum TLSMode: String, Sendable, CaseIterable {
        /// Never TLS.
        case disable
        /// Plain, and TLS if the server insists.
        case allow
        /// TLS if the server offers it.
        case prefer
        /// TLS, the certificate is not checked (it is when a root certificate is given).
        case require
        /// TLS, signed by a trusted authority.
        case verifyCertificate = "verify-ca"
        /// TLS, signed by a trusted authority and made out to this host.
        case verifyFull = "verify-full"
    }

    /// Which server will do when several hosts are named; libpq's `target_session_attrs`.
    package enum TargetServer: String, Sendable, CaseIterable {
        /// The first that answers.
        case any
        /// One that accepts writes.
        case readWrite = "read-write"
        /// One that refuses writes.
        case readOnly = "read-only"
        /// Not in recovery.
        case primary
        /// In recovery.
        case standby
        /// In recovery if there is such a one, else any.
        case preferStandby = "prefer-standby"
    }

    /// Host name, address or folder of a Unix socket; several separated by commas are tried in order, beginning with the one
    /// that led to a connection last.
    package var host: String
    /// One port for all hosts, or one for each, separated by commas.
    package var port: String
    /// The role to log in as.
    package var user: String
    /// The role's password; `nil` for trust, peer or certificate authentication.
    package var password: String? {
        get { secret.value }
        set { secret = Secret(value: newValue) }
    }
    /// The database.
    package var database: String
    /// The schema that unqualified names mean; `public` is searched after it.
    package var schema: String
    /// How the connection is protected.
    package var tlsMode: TLSMode
    /// File with the certificates of trusted authorities (PEM); `nil`: libpq's `~/.postgresql/root.crt`.
    package var rootCertificate: String?
    /// PEM file with the client's certificate, for servers that ask for one; with `clientKey`.
    package var clientCertificate: String?
    /// PEM file with the client's key, which nobody else may read (libpq refuses it otherwise).
    package var clientKey: String?
    /// The settings of this connection, for errors.
    package var tlsVariables = TLSVariables.postgres("DB")
    /// Which server will do.
    package var targetServer: TargetServer
    /// Like `host` and `port`, for connections that listen; `nil`: the same.
    package var listenHost: String?
    package var listenPort: String?
    /// Shown in `pg_stat_activity`.
    package var applicationName: String

    /// Most connections open at once, 1 … 1000.
    package var maximumConnections: Int
    /// Most callers that may wait for a connection at once; beyond it they get `.poolExhausted` immediately.
    package var maximumWaiters: Int
    /// Most connections that lists, counts and searches hold together: half of all, but at least one.
    package var maximumSearchConnections: Int { max(1, maximumConnections / 2) }
    /// How long a caller waits for a connection, and how long connecting may take.
    package var connectionTimeout: Duration
    /// After this time without a sign from the server's machine (not: an answer) a connection is given up.
    package var networkTimeout: Duration
    /// An idle connection is closed after this time.
    package var idleTimeout: Duration
    /// A connection is replaced at this age (each one up to a tenth earlier, so that they do not all go at once).
    package var maximumAge: Duration

    /// The server cancels a statement after this time; zero: never.
    package var statementTimeout: Duration
    /// The same for lists, counts and searches, whose cost depends on the data and the caller's condition.
    package var searchTimeout: Duration
    /// The same for searches by regular expressions.
    package var patternTimeout: Duration
    /// The server gives up waiting for a lock after this time; zero: never.
    package var lockTimeout: Duration
    /// The server ends a session that idles inside a transaction; zero: never.
    package var idleInTransactionTimeout: Duration
    /// Whether statements are prepared under a name. `false` behind PgBouncer in transaction mode: then statements
    /// are unnamed, and schema and timeouts are set in each transaction instead of at start-up.
    package var usesPreparedStatements: Bool
    /// Most prepared statements kept per connection; the one unused for longest goes first.
    package var statementCacheSize: Int

    private var secret: Secret
    /// Shared by all copies, so that the connections of a pool and its listener learn from each other.
    private(set) var hostOrder = HostOrder()

    /// Makes a configuration; the defaults are those of `init(reader:)`.
    package init(
        host: String = "127.0.0.1", port: String = "5432", user: String, password: String? = nil,
        database: String, schema: String = "main", tlsMode: TLSMode = .prefer, rootCertificate: String? = nil,
        clientCertificate: String? = nil, clientKey: String? = nil,
        targetServer: TargetServer? = nil, listenHost: String? = nil, listenPort: String? = nil,
        applicationName: String = "arc", maximumConnections: Int = 10,
        maximumWaiters: Int = 1000, connectionTimeout: Duration = .seconds(2),
        networkTimeout: Duration = .seconds(10), idleTimeout: Duration = .seconds(60),
        maximumAge: Duration = .seconds(1800), statementTimeout: Duration = .seconds(10),
        searchTimeout: Duration = .seconds(4), patternTimeout: Duration = .seconds(1),
        lockTimeout: Duration = .seconds(5), idleInTransactionTimeout: Duration = .seconds(10),
        usesPreparedStatements: Bool = true, statementCacheSize: Int = 256
    ) {
        self.host = host
        self.port = port
        self.user = user
        self.secret = Secret(value: password)
        self.database = database
        self.schema = schema
        self.tlsMode = tlsMode
        self.rootCertificate = rootCertificate
        self.clientCertificate = clientCertificate
        self.clientKey = clientKey
        self.targetServer = targetServer ?? (host.contains(",") ? .readWrite : .any)
        self.listenHost = listenHost
        self.listenPort = listenPort
        self.applicationName = applicationName
        self.maximumConnections = maximumConnections
        self.maximumWaiters = maximumWaiters
        self.connectionTimeout = connectionTimeout
        self.networkTimeout = networkTimeout
        self.idleTimeout = idleTimeout
        self.maximumAge = maximumAge
        self.statementTimeout = statementTimeout
        self.searchTimeout = searchTimeout
        self.patternTimeout = patternTimeout
        self.lockTimeout = lockTimeout
        self.idleInTransactionTimeout = idleInTransactionTimeout
        self.usesPreparedStatements = usesPreparedStatements
        self.statementCacheSize = statementCacheSize
    }
}

extension PostgresConfiguration {
    /// For connections that listen for notifications.
    var forListening: PostgresConfiguration {
        guard listenHost != nil || listenPort != nil else { return self }
        var configuration = self
        configuration.host = listenHost ?? host
        configuration.port = listenPort ?? port
        configuration.hostOrder = HostOrder()
        // A replica does not let anybody listen.
        if configuration.host.contains(","), targetServer == .any { configuration.targetServer = .readWrite }
        return configuration
    }
}

extension TLSVariables {
    /// The settings of a connection.
    /// - Parameter prefix: The beginning of their names, such as `MESSAGE_BUS_DB`.
    package static func postgres(_ prefix: String) -> TLSVariables {
        TLSVariables(
            authority: "\(prefix)_SSLROOTCERT", certificate: "\(prefix)_SSLCERT", name: "\(prefix)_HOST",
            mode: "\(prefix)_SSLMODE")
    }
}

extension PostgresConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Where and as whom; no password.
    package var description: String {
        "PostgreSQL \(user)@\(host):\(port)/\(database) (sslmode=\(tlsMode.rawValue))"
    }

    /// The same as `description`.
    package var debugDescription: String { description }

    /// Shows the description only.
    package var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}

/// A value that no description and no mirror shows.
private struct Secret: Sendable, CustomStringConvertible, CustomReflectable {
    let value: String?
    var description: String { "<secret>" }
    var customMirror: Mirror { Mirror(self, children: [:]) }
}
