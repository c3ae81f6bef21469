import ArgumentParser
import CProcess
import Configuration
import ConfigurationChecks
import Logging
import Observability
import ServiceKit
import ServicePlatform

/// `arc serve`: runs one service, configured by the environment.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run one service until SIGTERM.",
        discussion: """
            Configured by environment variables; NAME_FILE reads a secret from a file. The most important ones:
              HOST, PORT                    address to listen on (default ports: tenant-management 3005,
                                            subscription 3002, orchestrator 3003)
              DB_HOST, DB_PORT, DB_USER, DB_PASSWORD, DB_DATABASE, DB_SSLMODE
              REDIS_URL, or REDIS_HOST, REDIS_PORT, REDIS_PASSWORD, REDIS_DATABASE, or REDIS_SENTINELS
              MESSAGE_BUS_DB_HOST, ...      database of the message bus, with the same names
              JWT_SECRET, JWT_ISSUER, or JWT_JWKS_URL
              DATA_ENCRYPTION_KEY           encrypts what is stored; the same for all services
              ARC_ENV                       development allows weak secrets (default: production)
            docs/configuration.md lists all of them. Logs are JSON lines on standard output (docs/logging.md), or lines for
            people with LOG_FORMAT=text.
            """)

    @Argument(help: "tenant-management, subscription or orchestrator.")
    var service: ServiceName

    func run() async throws {
        process_limit_arenas()
        // This comes first, because otherwise a signal that arrives while the service starts would end it.
        let reloads = await ConfigurationReloader.signals()
        try CommandSupport.checkCurrentFolder(for: "arc serve")
        CommandSupport.bootstrapServiceLogging()
        let logger = Logger(label: "arc.\(service.rawValue)")
        do {
            reportUnknownVariables(logger)
            let reader = try EnvironmentReader.make()
            try check(reader, logger)
            let http = try await service.make(reader: reader, logger: logger)
            // The memory of the code that read the settings and described the operations is released before the start needs more.
            process_release_code()
            SharedLogLevel.process.use(try ServiceConfiguration.logLevel(reader: reader))
            try await http.run(reloads: reloads) { port in
                logger.info("Listening", metadata: ["service": "\(service.rawValue)", "port": "\(port)"])
                // The code that checked the database is not needed to serve requests, either.
                process_release_code()
            } configuration: {
                try EnvironmentReader.make()
            }
            logger.info("Stopped", metadata: ["service": "\(service.rawValue)"])
            CommandSupport.endServiceLogging()
        } catch {
            logger.critical("The service failed", metadata: ["service": "\(service.rawValue)", "error": "\(error)"])
            CommandSupport.endServiceLogging()
            throw CommandSupport.fail("arc serve \(service.rawValue): \(error)")
        }
    }

    /// Everything that is wrong, at once. Weak secrets, and connections that can be turned into clear text, are for development
    /// only.
    private func check(_ reader: ConfigReader, _ logger: Logger) throws {
        var mistakes = ConfigurationMistakes()
        _ = mistakes.read { () throws(ConfigurationFailure) in try service.settings.check(reader) }
        let weak = mistakes.read { () throws(ConfigurationFailure) in
            try SecretPolicy.problems(service.settings, reader: reader)
        }
        let isDevelopment = DeploymentEnvironment(reader: reader) == .development
        do throws(ConfigurationFailure) { try mistakes.check() } catch {
            throw RefusedSettings(mistakes: error.parts, secrets: isDevelopment ? [] : weak ?? [])
        }
        guard let weak, !weak.isEmpty else { return }
        guard isDevelopment else { throw RefusedSettings(mistakes: [], secrets: weak) }
        logger.notice(
            "Some secrets are too weak outside development",
            metadata: ["variables": "\(weak.map(\.key).joined(separator: ", "))"])
    }

    /// A variable with a wrong name changes nothing, so nobody would notice.
    private func reportUnknownVariables(_ logger: Logger) {
        let environment = (file: "environment", names: Array(CommandSupport.environment.keys))
        let keys = ServiceName.configurationKeys
        for place in [environment] + EnvironmentFiles.variables() {
            let similar = keys.misspellings(in: place.names)
            report(similar, "Ignored a variable that is not a setting but resembles one", place.file, logger)
            let others = keys.unknown(in: place.names).filter { other in
                !similar.contains { $0.variable == other.variable }
            }
            report(others, "Ignored a variable that begins like a setting and is none", place.file, logger)
        }
    }

    private func report(
        _ found: [ConfigurationKeys.Misspelling], _ message: Logger.Message, _ place: String, _ logger: Logger
    ) {
        for found in found {
            logger.warning(
                message,
                metadata: ["variable": "\(found.variable)", "setting": "\(found.setting)", "place": "\(place)"])
        }
    }
}
