package import Configuration
package import ConfigurationChecks
package import ServiceLifecycle

/// The bus that a process uses: where its relay publishes, its consumers subscribe, and operators look.
package struct MessageBusConnection: Sendable {
    /// Publishes.
    package let connector: any EventConnector
    /// Subscribes.
    package let subscriber: any EventSubscriber
    /// The dead letters of consumer groups.
    package let deadLetters: any BusDeadLetters
    /// How far consumer groups are behind.
    package let backlog: any BusBacklog
    /// How long the bus keeps events that it delivers to groups that register later; nil if it keeps none.
    package let retention: Duration?
    /// What has to run beside the service for the bus to work.
    package let services: [any Service]
    /// Whether the bus answers.
    package let isHealthy: @Sendable () async -> Bool
    /// Closes the connections of the bus.
    package let shutdown: @Sendable () async -> Void

    /// Makes a connection of the parts that a connector has.
    package init(
        connector: any EventConnector, subscriber: any EventSubscriber,
        deadLetters: any BusDeadLetters = NoBusDeadLetters(), backlog: any BusBacklog = NoBusBacklog(),
        retention: Duration? = nil, services: [any Service] = [], isHealthy: @escaping @Sendable () async -> Bool,
        shutdown: @escaping @Sendable () async -> Void
    ) {
        self.connector = connector
        self.subscriber = subscriber
        self.deadLetters = deadLetters
        self.backlog = backlog
        self.retention = retention
        self.services = services
        self.isHealthy = isHealthy
        self.shutdown = shutdown
    }

    /// How long the marks of handled events must be kept. A group that was removed and registers again gets every event that the
    /// bus still has, and only the mark prevents a second effect.
    /// - Parameter minimum: What other senders of the same events need.
    package func inboxRetention(atLeast minimum: Duration) -> Duration {
        guard let retention else { return minimum }
        return max(minimum, retention + .seconds(86_400))
    }

    /// A bus within this process, for tests and single-process installations.
    package static func inProcess(_ bus: InProcessConnector) -> MessageBusConnection {
        MessageBusConnection(
            connector: bus, subscriber: bus, deadLetters: bus, backlog: bus, isHealthy: { true }, shutdown: {})
    }
}
