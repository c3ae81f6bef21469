package import ConfigurationChecks
package import MessageBus
package import ServiceKit
package import ServiceLifecycle
import WorkQueue

/// A feature's contribution to a service. A service is a list of features, see ``ServiceApp``.
package protocol ServiceFeature<Core>: Sendable {
    /// What the feature is made from.
    associatedtype Core: Sendable

    /// The settings of the feature.
    static var configurationKeys: ConfigurationKeys { get }

    /// Reads the settings of the feature and puts it together. Nothing is connected before the service runs.
    /// - Throws: `ConfigurationFailure` that names the variable.
    init(_ core: Core) async throws

    var operations: [Operation] { get }
    /// Caches by the names of the tables whose rows they hold. They run as long as the service.
    var caches: [String: EntityCache] { get }
    /// Work that runs as long as the service.
    var background: [any Service] { get }
    var consumers: [FeatureConsumer] { get }
    /// Checks beside those of the database, the bus and the key set.
    var healthChecks: [HealthCheck] { get }
    /// Closes the feature's own connections, after its work has ended.
    func shutdown() async
}

/// Nothing, unless a feature has it.
extension ServiceFeature {
    package static var configurationKeys: ConfigurationKeys { [] }
    package var operations: [Operation] { [] }
    package var caches: [String: EntityCache] { [:] }
    package var background: [any Service] { [] }
    package var consumers: [FeatureConsumer] { [] }
    package var healthChecks: [HealthCheck] { [] }
    /// Closes nothing.
    package func shutdown() async {}
}

/// A feature's handler of events from the bus.
package struct FeatureConsumer: Sendable {
    package let group: String
    package let types: Set<String>
    package let handler: EventHandler

    /// - Parameter group: 1 to 100 characters `a-z 0-9 - _ .`
    package init(group: String, types: Set<String>, handler: @escaping EventHandler) {
        self.group = group
        self.types = types
        self.handler = handler
    }
}

extension FeatureConsumer {
    /// The service that works through the subscription.
    package func service(on subscriber: any EventSubscriber) throws(MessageBusError) -> any Service {
        try subscriber.subscribe(
            group: group, types: types, configuration: ConsumerConfiguration(), handler: handler)
    }
}
