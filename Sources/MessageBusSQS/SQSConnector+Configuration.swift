import AWS
package import Configuration
package import ConfigurationChecks
package import Logging
package import MessageBus
package import Primitives

extension SQSConnector {
    /// Those of AWS and of the queues.
    package static let configurationKeys = ConfigurationKeys(combining: [
        AWSConfiguration.configurationKeys, SQSConfiguration.configurationKeys,
    ])

    /// Reads the configuration and opens the bus; connections are made when they are first needed.
    package static func connection(
        reader: ConfigReader, clock: any WallClock, logger: Logger
    ) throws(ConfigurationFailure) -> MessageBusConnection {
        let session = AWSSession(configuration: try AWSConfiguration(reader: reader), clock: clock, logger: logger)
        let connector = SQSConnector(
            session: session, configuration: try SQSConfiguration(reader: reader), clock: clock, logger: logger)
        return MessageBusConnection(
            connector: connector, subscriber: connector, deadLetters: connector.consumers,
            backlog: connector.consumers, isHealthy: { await connector.consumers.isHealthy() },
            shutdown: { await session.shutdown() })
    }
}
