import Configuration
import ConfigurationChecks
import Logging
import Primitives
import ServiceKit
import ServiceMetrics

extension ServicePlatform.Profile {
    /// The service as the command line names it: `tenant-management`.
    package var name: String {
        let words = serviceName.lowercased().split(separator: " ").filter { $0 != "service" }
        return words.joined(separator: "-")
    }

    /// What the service measures about itself.
    func telemetry(
        reader: ConfigReader, clock: any WallClock, logger: Logger
    ) throws(ConfigurationFailure) -> ServiceTelemetry {
        try ServiceTelemetry(
            service: name, reader: reader,
            servicePort: try ServiceConfiguration(reader: reader, defaultPort: defaultPort).port, clock: clock,
            logger: logger)
    }
}
