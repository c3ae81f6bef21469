package import Configuration
package import ConfigurationChecks
package import Logging

/// The settings of every HTTP service: where it listens and how it shuts down.
package struct ServiceConfiguration: Sendable {
    /// Address to bind.
    package var host: String
    /// Port to bind.
    package var port: Int
    /// Whether each request is logged.
    package var writesAccessLog: Bool
    /// Time for a graceful shutdown.
    package var shutdownTime: Duration
    /// Time before it, in which the service is not ready and still answers everything.
    package var drainTime: Duration
    /// Folder of the explorer's files.
    package var explorerAssetsPath: String?
    /// How much of clients' addresses the access log and traces show.
    package var clientAddresses: ClientAddressDetail
    /// Bounds on what clients may do.
    package var limits: RequestLimits

    /// Makes one from its parts.
    package init(
        host: String = "127.0.0.1", port: Int, writesAccessLog: Bool = true, shutdownTime: Duration = .seconds(8),
        drainTime: Duration = .zero, explorerAssetsPath: String? = nil, clientAddresses: ClientAddressDetail = .network,
        limits: RequestLimits = RequestLimits()
    ) {
        self.host = host
        self.port = port
        self.writesAccessLog = writesAccessLog
        self.shutdownTime = shutdownTime
        self.drainTime = drainTime
        self.explorerAssetsPath = explorerAssetsPath
        self.clientAddresses = clientAddresses
        self.limits = limits
    }

    package static let hostSetting = Setting.text(
        "HOST", default: "127.0.0.1", values: "name or address", "Address to listen on")
    package static let portSetting = Setting.optionalInteger(
        "PORT", unset: "3005 (tenant management), 3002 (subscription), 3003 (orchestrator)", in: 0...65_535,
        "Port to listen on; 0: any free one")

    private enum Settings {
        static let writesAccessLog = Setting.flag(
            "ACCESS_LOG", default: true, "Whether each request is a line of the log")
        static let shutdown = Setting.duration(
            "SHUTDOWN_SECONDS", default: 8, in: 1...300,
            "Time for running requests and background work after SIGTERM")
        static let drain = Setting.duration(
            "DRAIN_SECONDS", default: 0, in: 0...300,
            "Time after SIGTERM, before `SHUTDOWN_SECONDS`, in which the service is not ready, still answers everything, and ends each connection with its next response: for nodes behind a load balancer"
        )
        static let explorer = Setting.optionalText(
            "EXPLORER_ASSETS_PATH", values: "path of a folder",
            "Folder with the files of Swagger UI (`make deps` creates one)")
    }

    package static let configurationKeys = ConfigurationKeys(combining: [
        DeploymentEnvironment.configurationKeys,
        ConfigurationKeys(
            "service", [hostSetting, portSetting, Settings.drain, Settings.shutdown, Settings.explorer]),
        ConfigurationKeys(
            "log",
            [
                LogSettings.levelSetting, LogSettings.formatSetting, LogSettings.repeatLimitSetting,
                Settings.writesAccessLog, ClientAddressDetail.setting,
            ]),
        RequestLimits.configurationKeys,
    ])

    /// `LOG_LEVEL`, in any case.
    /// - Throws: ``ConfigurationFailure``.
    package static func logLevel(reader: ConfigReader) throws(ConfigurationFailure) -> Logger.Level {
        try reader.value(LogSettings.levelSetting)
    }

    /// Reads the settings.
    /// - Throws: ``ConfigurationFailure`` when a value is out of range.
    package init(reader: ConfigReader, defaultPort: Int) throws(ConfigurationFailure) {
        _ = try Self.logLevel(reader: reader)
        self.init(
            host: try reader.value(Self.hostSetting), port: try reader.value(Self.portSetting) ?? defaultPort,
            writesAccessLog: try reader.value(Settings.writesAccessLog),
            shutdownTime: try reader.value(Settings.shutdown), drainTime: try reader.value(Settings.drain),
            explorerAssetsPath: try reader.value(Settings.explorer),
            clientAddresses: try reader.value(ClientAddressDetail.setting), limits: try RequestLimits(reader: reader))
    }
}
