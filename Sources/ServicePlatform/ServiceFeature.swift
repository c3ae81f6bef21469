package import ConfigurationChecks
package import Entities
package import KeyRotation
package import MessageBus
package import PrometheusMetrics
package import ServiceKit
package import ServiceLifecycle
package import WorkQueue

/// A feature's contribution to a service. A service is a list of features, see ``ServiceApp``.
package protocol ServiceFeature<Core>: Sendable {
    /// What the feature is made from.
    associatedtype Core: Sendable

    /// The settings of the feature.
    static var configurationKeys: ConfigurationKeys { get }
    /// The entities that the feature owns. Other features may use them too; each entity has one owner.
    static var entities: [FeatureEntity] { get }
    /// The events that the feature publishes.
    static var events: [EventDescription] { get }
    /// The columns that the feature keeps sealed values in.
    static var sealedColumns: [SealedColumn] { get }

    /// Reads the settings of the feature and puts it together. Nothing is connected before the service runs.
    /// - Throws: `ConfigurationFailure` that names the variable.
    init(_ core: Core) async throws

    var operations: [Operation] { get }
    /// Ways to authenticate in addition to tokens.
    var authenticators: [any Authenticator] { get }
    /// Caches by the names of the tables whose rows they hold. They run as long as the service.
    var caches: [String: EntityCache] { get }
    /// Work that runs as long as the service.
    var background: [any Service] { get }
    var consumers: [FeatureConsumer] { get }
    /// Checks in addition to those of the database, the bus and the key set.
    var healthChecks: [HealthCheck] { get }
    /// Figures that are read when somebody asks for the metrics of the service.
    var metrics: [MetricSource] { get }
    /// Closes the feature's own connections, after its work has ended.
    func shutdown() async
}

/// Nothing, unless a feature has it.
extension ServiceFeature {
    package static var configurationKeys: ConfigurationKeys { [] }
    package static var entities: [FeatureEntity] { [] }
    package static var events: [EventDescription] { [] }
    package static var sealedColumns: [SealedColumn] { [] }
    package var operations: [Operation] { [] }
    package var authenticators: [any Authenticator] { [] }
    package var caches: [String: EntityCache] { [:] }
    package var background: [any Service] { [] }
    package var consumers: [FeatureConsumer] { [] }
    package var healthChecks: [HealthCheck] { [] }
    package var metrics: [MetricSource] { [] }
    /// Closes nothing.
    package func shutdown() async {}
}

/// An entity of a feature.
package struct FeatureEntity: Sendable {
    package let entity: Entity
    let viewPermissions: [String]

    /// - Parameter viewPermissions: One of these codes is needed to see rows that a filter includes. None if the entity has no
    ///   operations of its own: its rows are seen together with those that include them.
    package init(_ entity: Entity, viewPermissions: [String] = []) {
        self.entity = entity
        self.viewPermissions = viewPermissions
    }
}

/// A feature's handler of events from the bus.
package struct FeatureConsumer: Sendable {
    package let group: String
    package let types: Set<String>
    package let configuration: ConsumerConfiguration
    package let handler: EventHandler

    /// - Parameter group: 1 to 100 characters `a-z 0-9 - _ .`
    package init(
        group: String, types: Set<String>, configuration: ConsumerConfiguration = ConsumerConfiguration(),
        handler: @escaping EventHandler
    ) {
        self.group = group
        self.types = types
        self.configuration = configuration
        self.handler = handler
    }
}

extension FeatureConsumer {
    /// As the document of events shows it.
    package var participation: EventParticipant.Group { EventParticipant.Group(name: group, types: types) }

    /// The service that works through the subscription.
    package func service(on subscriber: any EventSubscriber) throws(MessageBusError) -> any Service {
        try subscriber.subscribe(
            group: group, types: types, configuration: configuration, handler: handler)
    }
}
