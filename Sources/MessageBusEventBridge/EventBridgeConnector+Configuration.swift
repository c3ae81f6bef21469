import AWS
package import Configuration
package import ConfigurationChecks
package import Logging
package import MessageBus
import MessageBusSQS
package import Primitives

extension EventBridgeConnector {
    /// Those of AWS, of the event bus, and of the queues of consumer groups.
    package static let configurationKeys = ConfigurationKeys(combining: [
        AWSConfiguration.configurationKeys, EventBridgeConfiguration.configurationKeys,
        SQSConfiguration.configurationKeys,
    ])

    /// Reads the configuration and opens the bus; connections are made when they are first needed.
    package static func connection(
        reader: ConfigReader, clock: any WallClock, logger: Logger
    ) throws(ConfigurationFailure) -> MessageBusConnection {
        let session = AWSSession(configuration: try AWSConfiguration(reader: reader), clock: clock, logger: logger)
        let connector = EventBridgeConnector(
            session: session, configuration: try EventBridgeConfiguration(reader: reader),
            // Targets of rules have one message group for all events, so an order would be that of all tenants together.
            queues: try SQSConfiguration(reader: reader, isFIFO: false), clock: clock, logger: logger)
        return MessageBusConnection(
            connector: connector, subscriber: connector, deadLetters: connector.consumers,
            backlog: connector.consumers, isHealthy: { await connector.isHealthy() },
            shutdown: { await session.shutdown() })
    }
}
