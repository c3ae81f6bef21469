import Logging
import ServiceKit
import ServiceLifecycle

/// The management port: a second HTTP server of the process, which only whoever runs the service can reach.
struct ManagementServer: Service {
    let service: HTTPService
    /// Of the service, for the log.
    let name: String
    let configuration: MetricsConfiguration
    let logger: Logger

    /// Serves until the service ends.
    /// - Throws: If the chosen port cannot be opened. Without the usual port, which nobody has chosen, the service runs.
    func run() async throws {
        do {
            try await service.run(
                signals: [],
                onListening: { [name, logger] port in
                    logger.info("metrics are served", metadata: ["service": "\(name)", "port": "\(port)"])
                })
        } catch {
            guard configuration.chosenPort == nil, !Task.isCancelled else { throw error }
            logger.warning(
                "metrics are not served: the port cannot be opened. Choose another one with METRICS_PORT.",
                metadata: [
                    "host": "\(configuration.host)", "port": "\(configuration.usualPort)", "error": "\(error)",
                ])
            try? await gracefulShutdown()
        }
    }
}
