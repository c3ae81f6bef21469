package import Configuration
package import ConfigurationChecks
package import Logging

/// The settings of every HTTP service: where it listens and how it shuts down.
///
/// Keys: `HOST` (default `127.0.0.1`), `PORT` (0...65535; 0 takes a free one), `LOG_LEVEL` (trace, debug, info, notice,
/// warning, error, critical; default info), `ACCESS_LOG` (default true), `SHUTDOWN_SECONDS` (1...300, default 8: for
/// running requests and background work), `EXPLORER_ASSETS_PATH` (folder of Swagger UI's files).
package struct ServiceConfiguration: Sendable {
    /// Address to bind.
    package var host: String
    /// Port to bind.
    package var port: Int
    /// Whether each request is logged.
    package var writesAccessLog: Bool
    /// Time for a graceful shutdown.
    package var shutdownTime: Duration
    /// Folder of the explorer's files.
    package var explorerAssetsPath: String?
    /// How much of clients' addresses the access log and traces show.
    package var clientAddresses: ClientAddressDetail
    /// Bounds on what clients may do.
    package var limits: RequestLimits

    /// Makes one from its parts.
    package init(
        host: String = "127.0.0.1", port: Int, writesAccessLog: Bool = true, shutdownTime: Duration = .seconds(8),
        explorerAssetsPath: String? = nil, clientAddresses: ClientAddressDetail = .network,
        limits: RequestLimits = RequestLimits()
    ) {
        self.host = host
        self.port = port
        self.writesAccessLog = writesAccessLog
        self.shutdownTime = shutdownTime
        self.explorerAssetsPath = explorerAssetsPath
        self.clientAddresses = clientAddresses
        self.limits = limits
    }

    package static let configurationKeys = ConfigurationKeys(combining: [
        [
            "HOST", "PORT", "LOG_LEVEL", "LOG_FORMAT", "LOG_REPEAT_LIMIT", "ACCESS_LOG", "SHUTDOWN_SECONDS",
            "EXPLORER_ASSETS_PATH",
        ],
        ClientAddressDetail.configurationKeys, RequestLimits.configurationKeys,
    ])

    /// `LOG_LEVEL`, in any case.
    /// - Throws: ``ConfigurationFailure``.
    package static func logLevel(reader: ConfigReader) throws(ConfigurationFailure) -> Logger.Level {
        guard let text = reader.text("log.level") else { return .info }
        guard let level = Logger.Level(rawValue: text.lowercased()) else {
            throw ConfigKey("log.level").failure(
                text, "one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return level
    }

    /// Reads the keys above.
    /// - Throws: ``ConfigurationFailure`` when a value is out of range.
    package init(reader: ConfigReader, defaultPort: Int) throws(ConfigurationFailure) {
        _ = try Self.logLevel(reader: reader)
        self.init(
            host: reader.text("host") ?? "127.0.0.1",
            port: try reader.integer("port", default: defaultPort, in: 0...65_535),
            writesAccessLog: try reader.flag("access.log", default: true),
            shutdownTime: .seconds(try reader.integer("shutdown.seconds", default: 8, in: 1...300)),
            explorerAssetsPath: reader.text("explorer.assets.path"),
            clientAddresses: try ClientAddressDetail(reader: reader), limits: try RequestLimits(reader: reader))
    }
}
